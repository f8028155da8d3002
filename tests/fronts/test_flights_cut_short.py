"""Fly scans that are cut short: killed, stuck, stopped from elsewhere, out of disk; and one of very many points."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from contextlib import suppress

import bluesky.plan_stubs as bps
import framestore_handlers
import h5py
import numpy as np
import pytest
from flying import Gate, check, failing, flown, index_of
from fronts_of import OPHYD, OPHYD_ASYNC, fronts
from numbered import NumberedSource
from PIL import Image

from framestore import Frame
from framestore.formats.hdf5.writer import HDF5Writer
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource

FLIER = """
import json, sys
import bluesky.plan_stubs as bps, bluesky.preprocessors as bpp
from bluesky import RunEngine
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource

folder, format = sys.argv[1:]
source = SimulatedSource((16, 16), "uint8", rate=400)
camera = Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder), format=format, frames_per_point=2)

@bpp.stage_decorator([camera])
@bpp.run_decorator()
def plan():
    yield from bps.prepare(camera, 0, wait=True)
    yield from bps.declare_stream(camera, name="primary", collect=True)
    yield from bps.kickoff(camera, wait=True)
    while True:
        yield from bps.sleep(0.02)
        yield from bps.collect(camera, name="primary")

RunEngine()(plan(), lambda name, document: print(json.dumps([name, document]), flush=True))
"""


@pytest.mark.parametrize("format_", ["hdf5", "jpeg"])
def test_a_process_that_is_killed(tmp_path, documents, format_):
    """All points that were documented by then can be read: of HDF5 with swmr, as after any kill."""
    command = [sys.executable, "-c", FLIER, str(tmp_path / "frames"), format_]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            documents(*json.loads(line))
            if len(documents.of("stream_datum")) == 10:
                os.kill(process.pid, signal.SIGKILL)
                break
        for line in process.stdout:
            if line.endswith("\n"):
                documents(*json.loads(line))
    assert process.returncode == -signal.SIGKILL
    points = documents.of("stream_datum")[-1]["indices"]["stop"]
    images = framestore_handlers.load(documents)["primary"]["camera_image"].compute()
    assert images.shape == (points, 2, 16, 16)
    assert (images.max(axis=(2, 3)) > 0).all(), "a frame that was never written"
    (resource,) = documents.of("stream_resource")
    if format_ == "hdf5":
        with h5py.File(resource["uri"].removeprefix("file://localhost"), "r", swmr=True) as file:
            assert len(file["entry/data/data"]) >= 2 * points
            np.testing.assert_array_equal(file["entry/data/data"][: 2 * points].reshape(images.shape), images)
    else:
        files = [file for file in sorted((tmp_path / "frames").glob("*.jpg")) if not file.name.startswith(".")]
        assert len(files) >= 2 * points
        decoded = [np.asarray(Image.open(file)) for file in files[: 2 * points]]
        np.testing.assert_array_equal(decoded, images.reshape(-1, 16, 16))


@pytest.fixture
def gated():
    source = Gate()
    yield source
    source.returns_when_told = True
    source.release(1000)


@pytest.fixture
def flying(make_camera, gated):
    """A camera in a fly scan by hand, of 9 points."""
    camera = make_camera(gated, frame_timeout=1.0)
    camera.stage()
    camera.prepare(9).wait(10)
    camera.kickoff().wait(10)
    return camera


def ended(status):
    """The error with which it ends, if it is one."""
    try:
        status.wait(10)
    except Exception as error:  # noqa: BLE001 - the caller looks at it
        return error
    return None


def test_a_source_that_hangs_while_the_scan_is_held(flying, gated):
    """A pause does not hide it: it hangs in the frame that it was asked for before."""
    while not gated.asked:
        threading.Event().wait(0.01)
    flying.pause()
    error = ended(flying.complete())
    assert isinstance(error, TimeoutError)
    assert "gave 0 of 9 frames" in str(error)


def test_one_that_is_held_can_be_completed(make_camera, gated):
    """It ends with the points that it has, and does not wait until it may go on."""
    camera = make_camera(gated)
    camera.stage()
    camera.prepare(0).wait(10)
    camera.kickoff().wait(10)
    gated.release(2)
    while camera.get_index() < 2:
        threading.Event().wait(0.01)
    camera.pause()
    gated.release(1)  # it is awaited
    while camera.get_index() < 3:
        threading.Event().wait(0.01)
    assert ended(camera.complete()) is None
    assert (camera.get_index(), gated.given) == (3, 3)


def test_a_source_that_hangs_while_the_scan_is_completed(make_camera, gated):
    camera = make_camera(gated, frame_timeout=0.5)
    camera.stage()
    camera.prepare(0).wait(10)
    camera.kickoff().wait(10)
    gated.release(2)
    while camera.get_index() < 2:
        threading.Event().wait(0.01)
    error = ended(camera.complete())
    assert error is None or isinstance(error, TimeoutError)
    assert camera.get_index() == 2


@pytest.mark.parametrize("verb", ["stop", "unstage"])
def test_another_thread_ends_it_while_it_is_completed(flying, gated, verb):
    gated.returns_when_told = True
    gated.release(3)
    status = flying.complete()
    thread = threading.Thread(target=getattr(flying, verb))
    thread.start()
    error = ended(status)
    thread.join(20)
    assert not thread.is_alive()
    assert error is None or isinstance(error, RuntimeError | TimeoutError)
    assert status.done


@pytest.mark.parametrize("verb", ["stop", "unstage"])
def test_another_thread_ends_it_while_it_is_kicked_off(make_camera, verb):
    """In whatever order: nothing hangs, and it can be staged again."""
    camera = make_camera(NumberedSource())
    for _ in range(20):
        camera.stage()
        camera.prepare(50).wait(10)
        thread = threading.Thread(target=getattr(camera, verb))
        thread.start()
        with suppress(RuntimeError):  # it is not staged any more
            camera.kickoff().wait(10)
            ended(camera.complete())
        thread.join(20)
        assert not thread.is_alive()
        camera.unstage()


def test_a_callback_of_its_status_stops_it(flying, gated):
    """On the thread of the writer, which must not wait for itself; unstage says so."""
    gated.release(9)
    told, errors = threading.Event(), []

    def done(status):
        flying.stop()
        try:
            flying.unstage()
        except RuntimeError as error:
            errors.append(str(error))
        told.set()

    status = flying.complete()
    status.add_callback(done)
    assert told.wait(10)
    status.wait(10)
    assert all("callback of its own point" in error for error in errors)


def test_after_a_pause_it_is_kicked_off_again_once(flying, gated):
    """What bluesky goes back to is done already; what the plan asks for behind that is refused, as ever."""
    gated.release(2)
    while flying.get_index() < 2:
        threading.Event().wait(0.01)
    flying.pause()
    flying.resume()
    flying.prepare(9).wait(10)
    flying.kickoff().wait(10)
    with pytest.raises(RuntimeError, match="camera: kicked off while a fly scan is under way"):
        flying.kickoff()
    with pytest.raises(RuntimeError, match="camera: prepared while a fly scan is under way"):
        flying.prepare(9)
    gated.release(7)
    flying.complete().wait(10)
    assert flying.get_index() == 9


def test_after_a_pause_another_number_of_points_is_refused(flying):
    """That is not what bluesky goes back to."""
    flying.pause()
    flying.resume()
    with pytest.raises(RuntimeError, match="camera: prepared while a fly scan is under way"):
        flying.prepare(8)


def test_two_threads_complete_it(flying, gated):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(flying.complete())) for _ in range(8)]
    for thread in threads:
        thread.start()
    gated.release(9)
    for thread in threads:
        thread.join(10)
    assert [ended(status) for status in statuses] == [None] * 8
    assert flying.get_index() == 9


def test_two_threads_collect_it(flying, gated, monkeypatch):
    """Each point is handed out once, though both have looked how many there are before either takes them."""
    gated.release(9)
    flying.complete().wait(10)
    flight, documents = flying._stagings.last.flight, flying._stagings.last._documents
    both = threading.Barrier(2)
    look = type(flight).landed.fget

    def landed(flight):
        points = look(flight)
        with suppress(threading.BrokenBarrierError):  # the other one is kept out, as it should be
            both.wait(0.2)
        return points

    monkeypatch.setattr(type(flight), "landed", property(landed))
    threads = [threading.Thread(target=flight.collect) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert documents.next_index == 9


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_disk_that_becomes_read_only(run_engine, make_camera, documents, tmp_path, mount, gated, front):
    """What landed before stays; the error is that of the disk, and nothing hangs."""
    place = tmp_path / "remounted"
    place.mkdir()
    gated.dtype = np.dtype("uint8")
    with mount(place, "size=8m"):
        camera = make_camera(
            gated, format="jpeg", path_provider=StaticPathProvider(UUIDFilenameProvider(), place), frame_timeout=5.0
        )

        def after():
            gated.release(3)
            while (yield from index_of(camera)) < 3:
                yield from bps.sleep(0.01)
            yield from bps.collect(camera, name="primary")
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
            gated.release(6)

        try:
            error = failing(run_engine, flown([camera], 9, after=after), documents)
            assert isinstance(error, OSError)
            assert framestore_handlers.load(documents)["primary"][front.image("camera")].compute().shape[0] == 3
        finally:
            subprocess.run(["mount", "-o", "remount,rw", place], check=True)
            front.unstage(camera)


class Fast:
    """Gives the same frame at once, without end."""

    shape, dtype, reuses_buffers = (2, 2), np.dtype("uint8"), False

    def __init__(self):
        self._ids = iter(range(10**9))
        self._array = np.ones(self.shape, self.dtype)

    def start(self): ...

    def stop(self): ...

    def next_frame(self, timeout):
        return Frame(self._array, next(self._ids), time.time())


@fronts(OPHYD, others=[OPHYD_ASYNC])
@pytest.mark.slow
def test_very_many_points(run_engine, make_camera, documents):
    """Few documents, and memory that does not grow with the points."""
    camera = make_camera(Fast(), queue_bytes=2**16)
    tracemalloc.start()
    try:
        run_engine(flown([camera], 100_000), documents)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert documents.of("stream_datum")[-1]["indices"]["stop"] == 100_000
    assert len(documents.of("stream_datum")) < 2000
    assert peak < 64 * 2**20
    check(documents)


@pytest.mark.parametrize("points", [0, 50])
def test_a_disk_that_hangs(make_camera, monkeypatch, points):
    """It is named at once, though the queue has room for all frames; when it is back, nothing is taken for complete."""
    back, append, appended = threading.Event(), HDF5Writer.append, []

    def hanging(self, *arguments):
        appended.append(arguments)
        if len(appended) == 3:
            assert back.wait(60)
        append(self, *arguments)

    monkeypatch.setattr(HDF5Writer, "append", hanging)
    camera = make_camera(SimulatedSource((4, 4), rate=200), frame_timeout=0.3)
    camera.stage()
    camera.prepare(points).wait(10)
    camera.kickoff().wait(10)
    while len(appended) < 3:
        threading.Event().wait(0.01)
    deadline = time.monotonic() + 30
    while camera._stagings.last.flight._error is None:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    for status in (camera.complete(), camera.complete()):
        with pytest.raises(TimeoutError, match=r"camera: writing .*\.h5 has not ended within 0.3 s; is its disk"):
            status.wait(10)
    back.set()
    camera.unstage()
    with pytest.raises(TimeoutError, match="is its disk or share stuck"):
        camera.complete().wait(10)
