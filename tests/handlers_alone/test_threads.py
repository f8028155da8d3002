"""Work that threads share: who does it, in which order it fails, and what is left of it."""

import multiprocessing
import os
import subprocess
import sys
import threading

import dask
import framestore_handlers
import h5py
import hdf5plugin
import numpy as np
import pytest
from framestore_handlers import threads
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
from framestore_handlers.threads import share

LARGE = 2**30
PATIENCE = 60


@pytest.fixture
def four(monkeypatch):
    """A machine of four processors."""
    monkeypatch.setattr(threads, "usable_cpus", lambda: 4)
    threads._seats.cache_clear()
    yield
    threads._seats.cache_clear()


def test_each_item_is_done_once(four):
    done = []
    share(done.append, range(1000), count=1000, nbytes=LARGE)
    assert sorted(done) == list(range(1000))


def test_as_many_threads_as_processors_work_at_the_same_time(four):
    together = threading.Barrier(4)
    share(lambda _: together.wait(PATIENCE), range(4), count=4, nbytes=LARGE)


def test_what_is_small_is_done_by_the_thread_itself(four):
    who = set()
    share(lambda _: who.add(threading.get_ident()), range(100), count=100, nbytes=1000)
    assert who == {threading.get_ident()}


def test_many_readers_have_no_other_threads(four):
    """Four that read at once: as many threads work, each in its own read."""
    together, helped = threading.Barrier(4), []

    def read():
        mine = threading.get_ident()
        together.wait(PATIENCE)
        share(
            lambda _: (together.wait(PATIENCE), helped.append(threading.get_ident() != mine)),
            range(2),
            count=1,
            nbytes=0,
        )

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(PATIENCE)
    assert helped == [False] * 8


def test_seats_are_given_back_whatever_happens(four):
    for _ in range(20):
        with pytest.raises(ValueError, match="no"):
            share(lambda _: int("no"), range(8), count=8, nbytes=LARGE)
    together = threading.Barrier(4)
    share(lambda _: together.wait(PATIENCE), range(4), count=4, nbytes=LARGE)


def test_seats_are_given_back_after_an_interrupt_while_waiting_for_the_others(four):
    """Ctrl-C comes when this thread has done its items, and joins one that works still."""
    main, stuck = threading.main_thread(), threading.Event()

    def work(_):
        if threading.current_thread() is main:
            stuck.wait(PATIENCE)
        else:
            stuck.set()
            joined.wait(PATIENCE)

    class Joined(threading.Thread):
        def join(self, timeout=None):
            if not joined.is_set():
                joined.set()
                raise KeyboardInterrupt
            super().join(timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads.threading, "Thread", Joined)
        for _ in range(5):
            joined = threading.Event()
            stuck.clear()
            with pytest.raises(KeyboardInterrupt):
                share(work, range(2), count=2, nbytes=LARGE)
    together = threading.Barrier(4)
    share(lambda _: together.wait(PATIENCE), range(4), count=4, nbytes=LARGE)


def test_the_first_that_fails_is_told_and_what_is_behind_is_left_out(four):
    """The same error as of one thread, whichever came to its end first."""
    failed, done = threading.Event(), []

    def work(number):
        if number == 3:
            failed.wait(PATIENCE)
            raise ValueError(number)
        if number == 5:
            failed.set()
            raise KeyError(number)
        if number in (4, 6):
            failed.wait(PATIENCE)
        done.append(number)

    with pytest.raises(ValueError, match="3"):
        share(work, iter(range(10_000)), count=10_000, nbytes=LARGE)
    assert len(done) < 20


def test_items_that_cannot_be_had_are_an_error(four):
    def items():
        yield 1
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        share(lambda _: None, items(), count=5, nbytes=LARGE)


@pytest.fixture
def file(tmp_path):
    frames = np.random.default_rng(1).poisson(20, (16, 512, 512)).astype("u2")
    with h5py.File(tmp_path / "a.h5", "w") as made:
        made.create_dataset("/entry/data/data", data=frames, chunks=(1, 512, 512), **hdf5plugin.Bitshuffle())
    return tmp_path / "a.h5", frames


def total(path):
    out = np.empty((16, 512, 512), "u2")
    HDF5Frames(place=Place.of(path)).read_into(out, 0)
    return int(out.sum())


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_reads_as_its_parent_did(file, four):
    path, frames = file
    assert total(path) == frames.sum()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(total, [path] * 4).get(PATIENCE) == [frames.sum()] * 4


@pytest.mark.parametrize("scheduler", ["threads", "sync"])
def test_dask_reads_in_its_threads(file, four, scheduler):
    path, frames = file
    handler = framestore_handlers.handler_registry["AD_HDF5"](path, frame_per_point=4)
    with dask.config.set(scheduler=scheduler, num_workers=8):
        points = dask.compute(*[handler(number) for number in range(4)])
    np.testing.assert_array_equal(np.concatenate(points), frames)


def test_a_process_that_ends_still_reads(file):
    """No thread can be started any more by then, from Python 3.12 on."""
    path, frames = file
    code = """
import atexit, sys
import numpy as np
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place

def read():
    out = np.empty((16, 512, 512), "u2")
    HDF5Frames(place=Place.of(sys.argv[1])).read_into(out, 0)
    print(out.sum())

atexit.register(read)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, os.fspath(path)], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert int(done.stdout) == frames.sum()
