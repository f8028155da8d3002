"""One image now: its file, its array, and what is left behind."""

import json
import threading

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
import zarr
from adjustable import Adjustable
from bluesky.utils import FailedStatus, RunEngineInterrupted
from numbered import Gated, NumberedSource
from ophyd import Device, Signal
from ophyd.sim import SynAxis, SynSignal
from ophyd.status import Status
from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector
from PIL import Image
from slow import slow
from ways import WAYS, NumpyHandler

from framestore.formats import SavedFiles
from framestore.plans import snapshot
from framestore.sources import SavingSource


def plainly_read(files):
    """The frames of a snapshot, by other programs' libraries."""
    if any(".zarr" in part for part in str(files[0]).split("/")[-4:]) or files[0].is_dir():
        root = next(path for path in (files[0], *files[0].parents) if path.suffix == ".zarr")
        group = zarr.open_group(root, mode="r")
        return np.concatenate([array[()] for _, array in group.arrays() if array.ndim > 2])[0]
    readers = {
        ".h5": lambda path: h5py.File(path)["entry/data/data"][()],
        ".tiff": lambda path: tifffile.TiffFile(path).asarray()[None],
        ".npy": lambda path: np.load(path)[None],
    }
    arrays = [readers.get(path.suffix, lambda path: np.asarray(Image.open(path))[None])(path) for path in files]
    return np.concatenate(arrays).reshape(-1, *arrays[0].shape[-2:])


@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize("kind", ["hdf5", "saved numpy", *slow(*sorted(set(WAYS) - {"hdf5", "saved numpy"}))])
@pytest.mark.parametrize("frames", [1, *slow(3)])
def test_file_and_array(run_engine, make_camera, documents, kind, family, frames):
    way = WAYS[kind](NumberedSource((8, 16), "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=frames)
    result = run_engine(snapshot(camera, handlers=way.handlers), documents).plan_result
    expected = np.stack([way.expected(k) for k in range(frames)])
    np.testing.assert_array_equal(result.array, expected)
    assert result.array.dtype == np.uint8
    np.testing.assert_array_equal(plainly_read(result.files), expected)
    (start,), (stop,) = documents.of("start"), documents.of("stop")
    assert (result.uid, stop["exit_status"], stop["num_events"]) == (start["uid"], "success", {"primary": 1})
    assert result.data["camera_max"] == max(way.seen(k).max() for k in range(frames))
    assert list(result.images) == ["camera_image"]


def test_a_frame_or_several(run_engine, make_camera, source):
    camera = make_camera(source)
    result = run_engine(snapshot(camera)).plan_result
    np.testing.assert_array_equal(result.frame, source.expected(0))
    assert result.data["camera_mean"] == source.expected(0).mean()
    with h5py.File(result.files[0]) as file:
        np.testing.assert_array_equal(result.image.timestamps, file["entry/instrument/detector/timestamp"][()])
    camera.frames_per_point.put(2)
    result = run_engine(snapshot(camera)).plan_result
    assert result.array.shape == (2, 5, 7)
    with pytest.raises(ValueError, match="camera_image has 2 frames, expected one"):
        _ = result.frame


def test_several_cameras_and_what_is_read_beside(run_engine, make_camera, documents):
    motor = SynAxis(name="motor")
    motor.set(1.5)
    cameras = [make_camera(NumberedSource((3 + k, 4)), name=name) for k, name in enumerate(("side", "top"))]
    md = {"sample": "gold", "plan_name": "look"}
    result = run_engine(snapshot(*cameras, also=[motor], md=md), documents).plan_result
    assert [image.array.shape for image in result.images.values()] == [(1, 3, 4), (1, 4, 4)]
    assert result.data["motor"] == 1.5
    with pytest.raises(ValueError, match="has 2 images, expected one: .*side_image.*top_image"):
        _ = result.array
    (start,) = documents.of("start")
    assert (start["sample"], start["plan_name"], start["detectors"]) == ("gold", "look", ["side", "top"])


class OtherDetector(Device):
    """One that knows nothing of framestore: AD_HDF5, without an axis of frames, in a folder of another machine."""

    def __init__(self, folder):
        super().__init__(name="other")
        self.folder, self.documents = folder, []

    def trigger(self):
        with h5py.File(self.folder / "one.h5", "w") as file:
            file["entry/data/data"] = np.arange(12, dtype="int32").reshape(1, 3, 4)
        resource = {"uid": "r", "spec": "AD_HDF5", "root": "/", "resource_path": "ioc/one.h5"}
        resource |= {"path_semantics": "posix", "resource_kwargs": {"frame_per_point": 1}}
        datum = {"datum_id": "r/0", "resource": "r", "datum_kwargs": {"point_number": 0}}
        self.documents = [("resource", resource), ("datum", datum)]
        status = Status(self)
        status.set_finished()
        return status

    def collect_asset_docs(self):
        documents, self.documents = self.documents, []
        yield from documents

    def describe(self):
        return {"eye": {"source": "", "dtype": "array", "shape": [3, 4], "external": "FILESTORE:"}}

    def read(self):
        return {"eye": {"value": "r/0", "timestamp": 0.0}}


def test_a_detector_of_others(run_engine, tmp_path):
    result = run_engine(snapshot(OtherDetector(tmp_path), root_map={"/ioc": tmp_path})).plan_result
    np.testing.assert_array_equal(result.frame, np.arange(12).reshape(3, 4))
    assert result.array.shape == (3, 4)
    assert result.files == (tmp_path / "one.h5",)


def test_a_detector_of_ophyd_async(run_engine, tmp_path):
    pattern = PatternGenerator()
    pattern._period = 0
    with init_devices():
        eye = SimBlobDetector(StaticPathProvider(StaticFilenameProvider("eye"), tmp_path), pattern)
    result = run_engine(snapshot(eye)).plan_result
    with h5py.File(tmp_path / "eye.h5") as file:
        np.testing.assert_array_equal(result.array, file["entry/data/data"][()])
        assert result.data["eye-sum"] == file["entry/sum"][0]
    assert list(result.images) == ["eye"]


def test_within_the_run_of_another_plan(run_engine, make_camera, documents, source):
    """Whose monitors go on meanwhile."""
    temperature = Signal(name="temperature", value=20.0)
    camera = make_camera(source)
    camera.frames_written.subscribe(lambda value, **_: temperature.put(20.0 + value), run=False)

    results = []

    @bpp.run_decorator()
    def plan():
        yield from bps.monitor(temperature, name="temperature")
        results.append((yield from bpp.set_run_key_wrapper(snapshot(camera), "snapshot")))
        results.append((yield from bpp.set_run_key_wrapper(snapshot(camera), "snapshot")))

    run_engine(plan(), documents)
    for k, result in enumerate(results):
        np.testing.assert_array_equal(result.frame, source.expected(k))
    starts, stops = documents.of("start"), documents.of("stop")
    assert [result.uid for result in results] == [start["uid"] for start in starts[1:]]
    assert {stop["exit_status"] for stop in stops} == {"success"}
    assert [stop["run_start"] for stop in stops][-1] == starts[0]["uid"]
    assert stops[-1]["num_events"]["temperature"] > 2, "nothing came in between"


def test_with_a_baseline_of_every_run(run_engine, make_camera, source):
    motor = SynAxis(name="motor")
    run_engine.preprocessors.append(bpp.SupplementalData(baseline=[motor]))
    result = run_engine(snapshot(make_camera(source))).plan_result
    np.testing.assert_array_equal(result.frame, source.expected(0))


@pytest.fixture
def subscribed(run_engine):
    """How many subscriptions plans have made and not ended."""
    count = [0]

    def hook(msg):
        count[0] += {"subscribe": 1, "unsubscribe": -1}.get(msg.command, 0)

    run_engine.msg_hook = hook
    return count


class Broken(Adjustable):
    def next_frame(self, timeout):
        raise OSError("the cable was pulled")


def test_a_camera_that_fails(run_engine, make_camera, documents, subscribed):
    source = Broken()
    camera = make_camera(source)
    during = []
    source.acts["exposure_time"] = lambda: during.append(source.values["exposure_time"])
    with pytest.raises(FailedStatus) as raised:
        run_engine(snapshot(camera, exposure_time=0.5), documents)
    assert str(raised.value.__cause__) == "the cable was pulled"
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert (during, source.values["exposure_time"], subscribed) == ([0.01], 0.01, [0])
    assert not camera.stage_sigs
    camera.stage()  # it was unstaged
    camera.unstage()


def test_a_file_that_is_not_seen_from_here(run_engine, make_camera, documents, folder, tmp_path, source):
    """The run is complete, and the error says which it is."""
    with pytest.raises(framestore_handlers.MissingFileError) as raised:
        run_engine(snapshot(make_camera(source), root_map={folder: tmp_path / "not_mounted"}), documents)
    (start,) = documents.of("start")
    assert any(start["uid"] in note for note in raised.value.__notes__)
    assert documents.of("stop")[0]["exit_status"] == "success"


def test_what_has_no_image(run_engine):
    with pytest.raises(ValueError, match="has no image: .*diode"):
        run_engine(snapshot(SynSignal(func=lambda: 1.0, name="diode")))
    with pytest.raises(ValueError, match="snapshot needs a camera"):
        run_engine(snapshot())


def test_the_exposure_time_is_for_this_image(run_engine, make_camera, documents):
    source = Adjustable()
    result = run_engine(snapshot(make_camera(source), exposure_time=0.25), documents).plan_result
    assert result.array.shape == (1, 5, 7)
    (descriptor,) = documents.of("descriptor")
    assert descriptor["configuration"]["camera"]["data"]["camera_exposure_time"] == 0.25
    assert source.values["exposure_time"] == 0.01


def test_a_camera_without_exposure_time(run_engine, make_camera, documents):
    adjustable = Adjustable()
    cameras = [make_camera(adjustable, name="one"), make_camera(NumberedSource(), name="plain")]
    with pytest.raises(ValueError, match="plain has no setting 'exposure_time'"):
        run_engine(snapshot(*cameras, exposure_time=0.25), documents)
    assert adjustable.values["exposure_time"] == 0.01
    assert not documents.pairs


def paused(run_engine, plan, when, documents):
    """Ask for a pause as soon as an event is set."""

    def ask():
        assert when.wait(30)
        run_engine.request_pause()

    thread = threading.Thread(target=ask)
    thread.start()
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan, documents)
    thread.join()


@pytest.fixture
def gated():
    source = Gated()
    yield source
    source.gate.release(100)


def test_a_pause_while_it_is_exposed(run_engine, make_camera, documents, gated, subscribed):
    paused(run_engine, snapshot(make_camera(gated)), gated.inside, documents)
    gated.gate.release(10)
    result = run_engine.resume().plan_result
    (path,) = result.files
    with h5py.File(path) as file:
        np.testing.assert_array_equal(result.array, file["entry/data/data"][()])
    assert len(result.array) == 1
    assert (documents.of("stop")[0]["num_events"], subscribed) == ({"primary": 1}, [0])


@pytest.mark.parametrize("end", ["stop", "abort"])
def test_no_more_of_it(run_engine, make_camera, documents, gated, subscribed, end):
    camera = make_camera(gated)
    paused(run_engine, snapshot(camera), gated.inside, documents)
    gated.gate.release(10)
    getattr(run_engine, end)()
    assert documents.of("stop")[0]["exit_status"] == {"stop": "success", "abort": "abort"}[end]
    assert subscribed == [0]
    camera.stage()
    camera.unstage()


@pytest.mark.parametrize("name", ["event", "stop"])
def test_a_pause_after_the_image(run_engine, make_camera, documents, source, name):
    """Before the plan has said that it is taken, another is, and counts; after that, none."""
    token = run_engine.subscribe(lambda *_: run_engine.loop.create_task(run_engine._request_pause_coro()), name)
    with pytest.raises(RunEngineInterrupted):
        run_engine(snapshot(make_camera(source)), documents)
    run_engine.unsubscribe(token)
    result = run_engine.resume().plan_result
    taken = {"event": 2, "stop": 1}[name]
    assert (source.count, len(documents.of("event"))) == (taken, taken)
    np.testing.assert_array_equal(result.frame, source.expected(taken - 1))


@pytest.mark.parametrize("rewindable", [True, False])
def test_a_pause_while_it_is_read(run_engine, make_camera, documents, source, rewindable):
    """A disk that does not return keeps nobody from pausing; it is read again."""
    reading, go_on = threading.Event(), threading.Event()

    class SlowHandler(NumpyHandler):
        @staticmethod
        def read_frame(path):
            reading.set()
            assert go_on.wait(30)
            return np.load(path)

    def save(path):
        np.save(path, source.expected(0))
        return source.shape

    saved = SavingSource(save, source.shape, source.dtype)
    settings = SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load)
    handlers = {settings.mimetype: SlowHandler}
    plan = snapshot(make_camera(saved, format=settings), handlers=handlers)
    paused(run_engine, bpp.rewindable_wrapper(plan, rewindable), reading, documents)
    assert documents.of("stop")[0]["exit_status"] == "success"
    go_on.set()
    result = run_engine.resume().plan_result
    np.testing.assert_array_equal(result.frame, source.expected(0))


def test_a_plan_that_is_only_looked_at(make_camera):
    source = Adjustable()
    camera = make_camera(source)
    returned = []

    def plan():
        returned.append((yield from snapshot(camera, exposure_time=0.5)))

    commands = [msg.command for msg in plan()]
    assert [name for name in commands if name in {"stage", "trigger", "unstage"}] == ["stage", "trigger", "unstage"]
    assert (returned[0].uid, source.count, source.values["exposure_time"]) == ("", 0, 0.01)


def test_its_metadata_is_plain(run_engine, make_camera, documents):
    run_engine(snapshot(make_camera(Adjustable()), exposure_time=0.02), documents)
    (start,) = documents.of("start")
    assert json.loads(json.dumps(start))["plan_args"]["exposure_time"] == 0.02
