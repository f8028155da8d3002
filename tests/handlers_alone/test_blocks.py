"""What dask sends to a worker: each task is small, and says of files what its block needs, however many there are."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle
import dask
import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.blocks import in_blocks
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.segments import Segment
from slow import slow

LIMIT = 4000
DEEP = "/".join(["deep" * 20] * 6)


class Noted:
    """A file whose frames are their numbers from ``first`` on; it notes which are read."""

    def __init__(self, first=0):
        self.first, self.reads = first, []

    def read_into(self, out, start):
        self.reads.append((start, start + len(out)))
        out[...] = np.arange(self.first + start, self.first + start + len(out)).reshape(-1, 1)

    def files(self, start, stop):
        return []


HDF5 = {"mimetype": "application/x-hdf5", "parameters": {"dataset": "/entry/data/data"}}
FOLDER = {"mimetype": "multipart/related;type=image/tiff"}
FOLDER["parameters"] = {"template": "image_{:06d}.tiff", "chunk_shape": [1, 3, 200, 200]}


def documents(resources, parts, shape=(512, 512), file=HDF5):
    """A flown stream of some resources; each part is (number of the resource, first index, stop, first seq_num)."""
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, *shape], "external": "STREAM:"}
    yield "start", {"uid": "run", "time": 0.0}
    yield "descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}
    for k in range(resources):
        uri = f"file://localhost/data/{DEEP}/{k:05d}-5f3c8a0e-77d1-4c39-9c2a-2f6a1d8f0b3e.h5"
        yield "stream_resource", {"uid": f"r{k}", "data_key": "image", "uri": uri} | copy.deepcopy(file)
    for number, (k, start, stop, seq_num) in enumerate(parts):
        datum = {"uid": f"r{k}/{number}", "stream_resource": f"r{k}", "descriptor": "d"}
        datum["seq_nums"] = {"start": seq_num, "stop": seq_num + stop - start}
        yield "stream_datum", datum | {"indices": {"start": start, "stop": stop}}


def rotated(events=2, **settings):
    """1000 files, one after the other."""
    return documents(1000, [(k, k * events, (k + 1) * events, 1 + k * events) for k in range(1000)], **settings)


def folders():
    """As many folders, or what names begin with, of images in colour, their channels first."""
    return rotated(shape=(3, 200, 200), file=FOLDER)


def shuffled():
    """10,000 small frames of a file, each of another event than the one before it."""
    order = np.random.default_rng(3).permutation(10_000).tolist()
    return documents(1, [(0, k, k + 1, 1 + seq_num) for k, seq_num in enumerate(order)], (64, 64))


def scattered():
    """As many of 300 files."""
    order = np.random.default_rng(4).permutation(10_000).tolist()
    parts = [(k % 300, k // 300, k // 300 + 1, 1 + seq_num) for k, seq_num in enumerate(order)]
    return documents(300, parts, (64, 64))


RUNS = {"rotated": rotated, "rotated fast": lambda: rotated(1), "folders": folders}
RUNS |= {"shuffled": shuffled, "scattered": scattered}
ASKED = {
    "array": lambda stream: stream["image"],
    "sum": lambda stream: stream["image"].sum(axis=0),
    "timestamps": lambda stream: stream.timestamps("image"),
    "xarray": lambda stream: stream.to_xarray()["image"].data * 2,
}


@pytest.mark.parametrize("asked", ["array", "sum", *slow("timestamps", "xarray")])
@pytest.mark.parametrize("run", [*("rotated", "shuffled"), *slow("rotated fast", "folders", "scattered")])
@pytest.mark.filterwarnings("ignore:.*begin with index")
def test_each_task_is_small(run, asked):
    stream = framestore_handlers.load(
        list(RUNS[run]()), root_map={"/data": Path("/elsewhere")}, allowed_roots=["/elsewhere"]
    )["primary"]
    array = ASKED[asked](stream)
    (optimized,) = dask.optimize(array)
    for graph in (array.dask, optimized.dask):
        tasks = list(dict(graph).values())
        assert len(tasks) >= stream["image"].numblocks[0]
        assert max(len(dumps(task)) for task in tasks for dumps in (pickle.dumps, cloudpickle.dumps)) < LIMIT


def irregular(frames=2):
    """3000 events of 5 files: two of one, one of the next, and so on, with a frame left out between them."""
    files, firsts, segments = [Noted(10_000 * k) for k in range(5)], [0] * 5, []
    for k in range(2000):
        segments.append(Segment(file=files[k % 5], first=firsts[k % 5], events=1 + k % 2))
        firsts[k % 5] += (1 + k % 2) * frames + 1
    array = FrameArray(segments=tuple(segments), shape=(3000, frames, 1), dtype=np.dtype("i8"))
    rows = [part.file.first + part.first + k for part in segments for k in range(part.events * frames)]
    return array, np.array(rows).reshape(3000, frames, 1), files


INDICES = {
    "all": np.s_[:],
    "one": np.s_[1777],
    "last": np.s_[-1, 1],
    "some": np.s_[100:900:7, ::-1],
    "list": np.s_[[5, 2100, 2900]],
    "mask": np.s_[np.arange(3000) % 11 == 3],
}


@pytest.mark.parametrize("events", [3000, *slow(64)])
@pytest.mark.parametrize("index", INDICES)
def test_blocks_hold_the_right_frames(index, events):
    array, expected, _ = irregular()
    lazy = in_blocks(array, (events, 1, 1))
    np.testing.assert_array_equal(lazy[INDICES[index]].compute(scheduler="sync"), expected[INDICES[index]])


@pytest.mark.parametrize("scheduler", slow("processes"))
def test_blocks_hold_the_right_frames_in_other_processes(scheduler):
    array, expected, _ = irregular()
    np.testing.assert_array_equal(in_blocks(array, (3000, 2, 1)).compute(scheduler=scheduler, num_workers=2), expected)


def test_an_index_reads_what_it_picks():
    array, expected, files = irregular()
    lazy = in_blocks(array, (150, 2, 1))
    assert (lazy[1777] + 1).compute(scheduler="sync").tolist() == (expected[1777] + 1).tolist()
    (read,) = [(file, *part) for file in files for part in file.reads]
    assert [read[0].first + k for k in range(*read[1:])] == expected[1777].ravel().tolist()
    lazy[1777, 1].compute(scheduler="sync")
    assert [stop - start for file in files for start, stop in file.reads] == [2, 1]


@pytest.mark.parametrize("planning", slow("true"))
def test_blocks_hold_the_right_frames_where_dask_plans_queries(planning):
    """Which it can only be told before it is imported."""
    code = """if True:
        import numpy as np
        from framestore_handlers.blocks import in_blocks
        from test_blocks import irregular
        array, expected, _ = irregular()
        lazy = in_blocks(array, (150, 2, 1))
        np.testing.assert_array_equal(lazy.compute(), expected)
        np.testing.assert_array_equal(lazy[1777].compute(), expected[1777])
        print(type(lazy).__module__)
    """
    paths = [str(Path(__file__).parent), *sys.path]
    env = os.environ | {"DASK_ARRAY__QUERY_PLANNING": planning, "PYTHONPATH": os.pathsep.join(paths)}
    shown = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    assert "_array_expr" in shown


def test_blocks_are_of_one_size():
    array, _, _ = irregular()
    *sizes, last = in_blocks(array, (3000, 2, 1)).chunks[0]
    assert len(set(sizes)) == 1
    assert 200 < sizes[0] < 300, "of 1.5 events a segment: as large as what describes them allows"
    assert 0 < last <= sizes[0]


def test_blocks_are_made_when_they_are_read():
    """However many there are."""
    file = Noted()
    whole = FrameArray(segments=(Segment(file=file, first=0, events=2**22),), shape=(2**22, 1, 1), dtype=np.dtype("i8"))
    assert in_blocks(whole, (2, 1, 1))[2**21].compute(scheduler="sync").tolist() == [[2**21]]
    assert file.reads == [(2**21, 2**21 + 1)]


def one_file(events, frame=(1,)):
    file = Noted()
    segment = Segment(file=file, first=0, events=events)
    return FrameArray(segments=(segment,), shape=(events, 1, *frame), dtype=np.dtype("i8")), file


def test_without_an_axis_of_frames_an_index_reads_what_it_picks_too():
    array, file = one_file(400)
    lazy = in_blocks(array, (100, 1, 1), has_axis=False)
    assert lazy.shape == (400, 1)
    np.testing.assert_array_equal(lazy.compute(scheduler="sync")[:, 0], np.arange(400))
    del file.reads[:]
    assert lazy[237].compute(scheduler="sync").tolist() == [237]
    np.testing.assert_array_equal(lazy[98:102, 0].compute(scheduler="sync"), range(98, 102))
    assert sorted(file.reads) == [(98, 100), (100, 102), (237, 238)]


@pytest.mark.parametrize(("step", "read"), [(8, 400 - 7), (100, 4)])
def test_what_lies_between_is_read_along_where_that_is_little(step, read):
    array, file = one_file(400)
    np.testing.assert_array_equal(in_blocks(array, (400, 1, 1))[::step].compute().ravel(), np.arange(0, 400, step))
    assert sum(stop - start for start, stop in file.reads) == read


def test_lazy_arrays_are_dasks_own():
    """xarray refuses datasets that mix them with arrays of another class."""
    array, _ = one_file(400)
    for lazy in (in_blocks(array, (100, 1, 1)), in_blocks(array, (100, 1, 1), has_axis=False)):
        assert type(lazy) is type(lazy + 1) is type(lazy[3])
