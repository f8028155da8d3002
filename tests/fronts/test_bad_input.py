"""What goes wrong is said clearly, ends the run as failed, and loses nothing that was acknowledged."""

import re
import threading

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.place import Place
from fronts_of import OPHYD, OPHYD_ASYNC, STREAM_FRONTS, fronts
from plans import fail, works_again

from framestore import FrameError
from framestore.ophyd import Camera
from framestore.paths import PathInfo, StaticPathProvider, UUIDFilenameProvider
from framestore.sources import CallableSource, SimulatedSource


class Named:
    def __init__(self, folder, *names):
        self.folder = folder
        self.names = list(names)

    def __call__(self, datakey_name=None):
        return PathInfo(directory_path=self.folder, filename=self.names.pop(0))


@fronts(*STREAM_FRONTS)
def test_a_file_that_exists(run_engine, make_camera, source, documents, folder):
    folder.mkdir()
    (folder / "a.h5").write_bytes(b"precious")
    camera = make_camera(source, path_provider=Named(folder, "a", "b"))
    error = fail(run_engine, documents, camera)
    assert isinstance(error, FileExistsError)
    assert re.search(r"camera: .*a\.h5 exists already and is not overwritten; have the path provider", str(error))
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert (folder / "a.h5").read_bytes() == b"precious"
    works_again(run_engine, camera, documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
@pytest.mark.parametrize("case", ["file in the way", "depth", "read-only"])
def test_a_folder_that_cannot_be(run_engine, make_camera, source, documents, tmp_path, case, request):
    place, depth = tmp_path / "x" / "y", 0
    if case == "file in the way":
        (tmp_path / "x").write_text("")
    elif case == "depth":
        depth = -1
    else:
        place = request.getfixturevalue("read_only") / "y"
    provider = StaticPathProvider(UUIDFilenameProvider(), place, create_dir_depth=depth)
    camera = make_camera(source, path_provider=provider)
    error = fail(run_engine, documents, camera)
    assert isinstance(error, OSError)
    assert str(place) in str(error)
    assert re.search("choose another|change create_dir_depth", str(error))
    good = StaticPathProvider(UUIDFilenameProvider(), tmp_path / "good")
    works_again(run_engine, make_camera(source, path_provider=good), documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_folder_that_only_the_first_trigger_knows(run_engine, make_camera, source, documents, tmp_path):
    (tmp_path / "x").write_text("")
    camera = make_camera(source, path_provider=Named(tmp_path / "x" / "y", "a"))
    error = fail(run_engine, documents, camera)
    assert isinstance(error, NotADirectoryError)
    assert documents.of("stop")[0]["exit_status"] == "fail"


@fronts(*STREAM_FRONTS)
def test_a_provider_that_raises(run_engine, make_camera, source, documents, tmp_path, threads_of_cameras):
    def provider(datakey_name=None):
        raise KeyError("no proposal is set")

    error = fail(run_engine, documents, make_camera(source, path_provider=provider))
    assert isinstance(error, KeyError)
    assert "no proposal is set" in str(error)
    assert not threads_of_cameras()


def test_trigger_before_stage(make_camera, source):
    camera = make_camera(source)
    with pytest.raises(RuntimeError, match="camera: trigger before stage"):
        camera.trigger()


def test_second_trigger_at_once(make_camera):
    gate = threading.Event()
    source = CallableSource(lambda: gate.wait(30) and np.zeros((2, 2), "u1"), (2, 2), "u1")
    camera = make_camera(source, stats=())
    camera.stage()
    first = camera.trigger()
    with pytest.raises(RuntimeError, match="camera: triggered while the frames of the trigger before"):
        camera.trigger()
    gate.set()
    first.wait(10)
    assert first.success


class Failing:
    """A function that behaves differently at one call; the first call finds shape and dtype."""

    def __init__(self, at, act):
        self.calls = 0
        self.at = at
        self.act = act

    def __call__(self):
        self.calls += 1
        if self.calls == self.at:
            return self.act()
        return np.full((4, 5), self.calls, "uint16")


def raise_it():
    raise OSError("lens cap is on")


@fronts(*STREAM_FRONTS)
def test_a_function_that_raises(run_engine, make_camera, documents, front):
    camera = make_camera(Failing(4, raise_it))
    error = fail(run_engine, documents, camera)
    assert isinstance(error, OSError)
    assert str(error) == "lens cap is on"
    assert any("camera 'camera'" in note for note in error.__notes__)
    frames = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    assert [int(frame.max()) for frame in frames] == [2, 3], "the frames that were acknowledged"
    works_again(run_engine, camera, documents)


@fronts(*STREAM_FRONTS)
def test_a_function_that_raises_at_once(run_engine, make_camera, documents, threads_of_cameras):
    camera = make_camera(Failing(1, raise_it))
    assert str(fail(run_engine, documents, camera)) == "lens cap is on"
    assert not threads_of_cameras()
    works_again(run_engine, camera, documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
@pytest.mark.parametrize(
    ("act", "got"),
    [
        (lambda: np.zeros((4, 6), "uint16"), r"\(4, 6\) and dtype uint16"),
        (lambda: np.zeros((4, 5), "uint8"), r"\(4, 5\) and dtype uint8"),
        (lambda: np.zeros((4, 5), "float64"), r"\(4, 5\) and dtype float64"),
    ],
)
def test_a_function_that_returns_something_else(run_engine, make_camera, documents, act, got, front):
    camera = make_camera(Failing(3, act), frames_per_point=1)
    error = fail(run_engine, documents, camera)
    assert isinstance(error, FrameError)
    assert re.search(rf"camera: frame 1 of CallableSource.* has shape {got}, expected \(4, 5\) and uint16", str(error))
    assert framestore_handlers.load(documents)["primary"][front.image("camera")].compute().shape == (1, 1, 4, 5)
    works_again(run_engine, camera, documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_function_that_hangs(run_engine, make_camera, documents, caplog):
    gate = threading.Event()
    camera = make_camera(Failing(3, lambda: gate.wait(60) and np.zeros((4, 5), "uint16")), frame_timeout=0.5)
    error = fail(run_engine, documents, camera)
    assert isinstance(error, TimeoutError)
    assert re.search(r"camera: the source CallableSource.* gave 0 of 1 frames, then none .*frame_timeout=", str(error))
    assert "has not returned" in caplog.text, "unstage names the stuck source"
    documents.clear()
    error = fail(run_engine, documents, camera)
    assert isinstance(error, RuntimeError)
    assert "has not returned from a call of the last staging" in str(error)
    gate.set()
    camera._stagings.last.acquisition._reader._thread.join(10)
    works_again(run_engine, camera, documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_function_that_hangs_at_the_first_stage(run_engine, make_camera, documents):
    gate = threading.Event()
    camera = make_camera(Failing(1, lambda: gate.wait(60) and np.zeros((4, 5), "uint16")), frame_timeout=0.5)
    error = fail(run_engine, documents, camera)
    assert isinstance(error, TimeoutError)
    assert "has not returned from start within 0.5 s" in str(error)
    reader = camera._stagings.last.acquisition._reader._thread
    gate.set()
    reader.join(10)
    works_again(run_engine, camera, documents)


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_burst_that_fails_halfway_leaves_whole_points(run_engine, make_camera, documents, files, front):
    camera = make_camera(Failing(6, raise_it), frames_per_point=3)
    fail(run_engine, documents, camera)
    assert framestore_handlers.hdf5.HDF5Frames(place=Place.of(files()[0])).frames() == 3
    assert framestore_handlers.load(documents)["primary"][front.image("camera")].compute()[:, :, 0, 0].tolist() == [
        [2, 3, 4]
    ]


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_format_that_cannot_hold_what_the_source_announces_is_refused_when_the_camera_is_made(make_camera):
    with pytest.raises(ValueError, match=r"cam: format 'jpeg' cannot hold .* float32.*; use one of .*: .*hdf5"):
        make_camera(SimulatedSource((4, 5), "float32"), format="jpeg", name="cam")
    with pytest.raises(ValueError, match=r"cam: format 'jpeg' cannot hold .* float32"):
        make_camera(SimulatedSource((4, 5), "uint8"), format="jpeg", exposures_per_frame=2, name="cam")
    make_camera(SimulatedSource((4, 5), "uint8"), format="jpeg", name="cam")


@fronts(*STREAM_FRONTS)
def test_frames_that_the_format_cannot_hold(run_engine, make_camera, documents):
    camera = make_camera(lambda: np.zeros((2, 2), complex))
    error = fail(run_engine, documents, camera)
    assert isinstance(error, ValueError)
    assert "format 'hdf5' cannot hold frames of shape (2, 2) and dtype complex128" in str(error)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "bmp"}, "unknown format 'bmp'; choose one of: hdf5"),
        ({"documents": "xml"}, "unknown documents 'xml'; choose one of: stream, datum"),
        ({"stats": ("median",)}, "stats must be a sequence out of: mean, max"),
        ({"hints": "mean"}, "hints must be a sequence out of"),
        ({"frames_per_point": 0}, "camera_frames_per_point must be a whole number from 1 on, not 0"),
        ({"frames_per_point": 1.5}, "not 1.5"),
    ],
)
def test_unknown_settings(folder, source, settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder), **settings)


@pytest.mark.parametrize("bad", [None, 3, np.zeros((2, 2))])
def test_a_source_that_is_none(folder, bad):
    with pytest.raises(TypeError, match="camera: source must be a FrameSource, a SavingSource or a function"):
        Camera(bad, StaticPathProvider(UUIDFilenameProvider(), folder))


def test_a_format_that_is_none(folder, source):
    with pytest.raises(TypeError, match="format must be a name"):
        Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder), format=3)


def test_frames_per_point_changed_while_staged(make_camera, source):
    camera = make_camera(source)
    camera.stage()
    camera.frames_per_point.put(2)
    with pytest.raises(RuntimeError, match="camera: frames_per_point was changed from 1 to 2 while staged"):
        camera.trigger()


@fronts(*STREAM_FRONTS)
@pytest.mark.parametrize("name", ["50%", "a#b", "../up"])
def test_a_name_that_is_refused(run_engine, make_camera, source, documents, folder, name):
    class Theirs:
        directory_path, create_dir_depth, directory_uri = folder, 0, None
        filename = name

    error = fail(run_engine, documents, make_camera(source, path_provider=lambda key: Theirs))
    assert isinstance(error, ValueError)
    assert repr(name) in str(error)
    assert documents.of("stop")[0]["exit_status"] == "fail"


def test_a_folder_that_is_removed_while_staged(make_camera, source, folder, caplog):
    import shutil

    camera = make_camera(source)
    camera.stage()
    camera.trigger().wait(10)
    shutil.rmtree(folder)
    status = camera.trigger()
    with pytest.raises(FileNotFoundError, match="was removed or replaced while it was written"):
        status.wait(10)
    camera.unstage()
    (record,) = [record for record in caplog.records if "could not be closed either" in record.getMessage()]
    assert isinstance(record.exc_info[1], FileNotFoundError), "what follows the error that was told is logged"
    assert "was removed" in str(record.exc_info[1])
    camera.stage()
    camera.trigger().wait(10)


def test_two_cameras_with_one_source(make_camera, source):
    first, second = make_camera(source, name="first"), make_camera(source, name="second")
    first.stage()
    with pytest.raises(RuntimeError, match="second: the source .* is in use by the camera first"):
        second.stage()
    first.trigger().wait(10)
    first.unstage()
    second.stage()
    second.trigger().wait(10)


def test_a_progress_bar_that_fails_ends_no_scan(make_camera, numbered_source, caplog):
    watched = threading.Event()

    class Waiting(numbered_source):
        def next_frame(self, timeout):
            assert watched.wait(30)
            return super().next_frame(timeout)

    camera = make_camera(Waiting(), frames_per_point=3)
    camera.stage()
    status = camera.trigger()

    def broken(**progress):
        raise BrokenPipeError("the terminal is gone")

    status.watch(broken)
    watched.set()
    status.wait(10)
    assert "the terminal is gone" in caplog.text
    camera.trigger().wait(10)


def test_a_subscriber_of_a_number_that_fails_does_not_hang_the_point(make_camera, source):
    camera = make_camera(source)
    camera.mean.subscribe(lambda **_: 1 / 0, run=False)
    camera.stage()
    camera.trigger().wait(10)


@pytest.mark.parametrize("whole_number", [np.int64(2), np.uint8(2), True])
def test_frames_per_point_is_a_plain_int_in_documents(run_engine, make_camera, source, documents, whole_number):
    camera = make_camera(source)
    camera.frames_per_point.put(whole_number)
    run_engine(bp.count([camera]), documents)
    assert type(camera.frames_per_point.get()) is int


def test_a_failed_point_does_not_stop_the_next(make_camera):
    """ophyd would call the device's stop from the failing Status, on another thread, when the next point may run."""
    stopped = []

    class Stopping(Camera):
        def stop(self, *, success=False):
            stopped.append(threading.current_thread().name)
            super().stop(success=success)

    camera = make_camera(Failing(2, raise_it), kind_of_camera=Stopping)
    camera.stage()
    with pytest.raises(OSError, match="lens cap"):
        camera.trigger().wait(10)
    camera.trigger().wait(10)
    assert not stopped
    assert [name for name, _ in camera.collect_asset_docs()] == ["stream_resource", "stream_datum"]
