"""A camera that saves its own files, and every way of frames into files."""

import os
import re
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from PIL import Image
from plans import fail
from ways import WAYS, NumpyHandler, every_way

from framestore.formats import JPEG, SavedFiles
from framestore.frame import FrameError
from framestore.paths import PathInfo
from framestore.sources import SavingSource, SimulatedSource


@every_way
@pytest.mark.parametrize("frames_per_point", [1, 3])
@pytest.mark.parametrize("family", ["stream", "datum"])
def test_count(run_engine, make_camera, way, documents, folder, family, frames_per_point):
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=frames_per_point)
    run_engine(bp.count([camera], 4), documents)
    stream = way.load(documents)["primary"]
    expected = np.array([way.expected(k) for k in range(4 * frames_per_point)]).reshape(4, frames_per_point, 8, 16)
    seen = np.array([way.seen(k) for k in range(4 * frames_per_point)]).reshape(4, -1)
    np.testing.assert_array_equal(stream["camera_image"].compute(), expected)
    np.testing.assert_array_equal(stream.read("camera_image", 1, 3), expected[1:3])
    np.testing.assert_array_equal(stream["camera_sum"], seen.sum(axis=1, dtype=int))
    np.testing.assert_allclose(stream["camera_mean"], seen.mean(axis=1))
    assert len(list(folder.glob(way.glob))) == (1 if way.one_file else 4 * frames_per_point)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def saved():
    """Paths that the camera was asked to save at, and the pixels that it saved."""
    return []


@pytest.fixture
def acquire_image(saved):
    def acquire_image(filepath):
        assert isinstance(filepath, str)
        assert not Path(filepath).exists()
        assert Path(filepath).parent.is_dir()
        image = np.random.default_rng(len(saved)).integers(0, 255, (512, 512), "uint8")
        Image.fromarray(image).save(filepath)
        with Image.open(filepath) as file:
            saved.append((Path(filepath), np.asarray(file)))
        return image.shape

    return acquire_image


@pytest.fixture
def camera(make_camera, acquire_image):
    return make_camera(SavingSource(acquire_image, shape=(512, 512)), format="jpeg", documents="datum")


def test_the_walk_by_hand(camera, saved, folder):
    camera.stage()
    status = camera.trigger()
    status.wait(10)
    assert status.success
    assert camera.describe()["camera_image"]["shape"] == [1, 512, 512]
    assert camera.describe()["camera_image"]["dtype_numpy"] == "|u1"
    assert camera.describe()["camera_image"]["external"] == "FILESTORE:"
    reading = camera.read()
    (name, resource), (_, datum) = camera.collect_asset_docs()
    assert name == "resource"
    assert resource["spec"] == "FRAMESTORE_JPEG"
    filename = resource["resource_kwargs"]["filename"]
    assert resource["resource_kwargs"] == {
        "template": "%s%s_%6.6d.jpg",
        "filename": filename,
        "frame_per_point": 1,
    }
    assert Path(resource["root"], resource["resource_path"]) == folder
    assert datum["datum_kwargs"] == {"point_number": 0}
    assert reading["camera_image"]["value"] == datum["datum_id"]
    ((path, pixels),) = saved
    assert path.suffix == ".jpg"
    assert reading["camera_mean"]["value"] == pytest.approx(pixels.mean())
    assert sorted(folder.iterdir()) == [path.parent, folder / f"{filename}_000000.jpg"]
    assert not list(path.parent.iterdir())
    camera.unstage()
    assert sorted(folder.iterdir()) == [folder / f"{filename}_000000.jpg"]
    for handler_class in (framestore_handlers.JPEGHandler, framestore_handlers.handler_registry["FRAMESTORE_JPEG"]):
        handler = handler_class(Path(resource["root"], resource["resource_path"]), **resource["resource_kwargs"])
        point = handler(**datum["datum_kwargs"])
        assert (point.shape, point.dtype) == ((1, 512, 512), np.uint8)
        np.testing.assert_array_equal(point.compute(), [pixels])
        assert handler.get_file_list([datum["datum_kwargs"]]) == [str(folder / f"{filename}_000000.jpg")]


def test_stream_documents(run_engine, make_camera, acquire_image, saved, documents, folder):
    camera = make_camera(SavingSource(acquire_image, shape=(512, 512)), format="jpeg")
    run_engine(bp.count([camera], 3), documents)
    (resource,) = documents.of("stream_resource")
    assert resource["mimetype"] == "multipart/related;type=image/jpeg"
    assert resource["uri"] == f"file://localhost{folder}/"
    template = resource["parameters"].pop("template")
    assert resource["parameters"] == {"chunk_shape": [1, 512, 512], "join_method": "stack"}
    for k, (_, pixels) in enumerate(saved):
        with Image.open(folder / template.format(k)) as file:
            np.testing.assert_array_equal(np.asarray(file), pixels)
    (descriptor,) = documents.of("descriptor")
    assert descriptor["configuration"]["camera"]["data"]["camera_file_path"] == str(folder / template)
    assert descriptor["configuration"]["camera"]["data"]["camera_format"] == "jpeg"


def test_each_frame_is_saved_at_a_path_of_its_own(run_engine, camera, saved, documents):
    camera.frames_per_point.put(2)
    run_engine(bp.count([camera], 2), documents)
    run_engine(bp.count([camera], 2), documents)
    assert len({path for path, _ in saved}) == 8
    for run, first in zip(documents.by_run(), (0, 4), strict=True):
        frames = framestore_handlers.load(run)["primary"]["camera_image"].compute().reshape(4, 512, 512)
        np.testing.assert_array_equal(frames, [pixels for _, pixels in saved[first : first + 4]])


PIXELS = np.arange(64, dtype="uint8").reshape(8, 8)


def nothing(path):
    return 8, 8


def elsewhere(path):
    path = Path(path)
    Image.fromarray(PIXELS).save(path.with_name("mine.jpg"))
    return 8, 8


def a_folder(path):
    Path(path).mkdir()
    return 8, 8


def a_link(path):
    path = Path(path)
    Image.fromarray(PIXELS).save(path.with_name("mine.jpg"))
    path.symlink_to(path.with_name("mine.jpg"))
    return 8, 8


def cut_off(path):
    Image.fromarray(PIXELS).save(path)
    Path(path).write_bytes(Path(path).read_bytes()[:-20])
    return 8, 8


def empty(path):
    Path(path).touch()
    return 8, 8


def a_png(path):
    Image.fromarray(PIXELS).save(path, "PNG")
    return 8, 8


def another_shape(path):
    Image.fromarray(PIXELS[:4]).save(path)
    return 8, 8


def rgb(path):
    Image.fromarray(np.stack([PIXELS] * 3, axis=-1)).save(path)
    return 8, 8


def another_returned_shape(path):
    Image.fromarray(PIXELS).save(path)
    return 8, 9


def a_hard_link(path):
    """Such as to a file that is written over by the next shot."""
    path = Path(path)
    Image.fromarray(PIXELS).save(path.with_name("latest.jpg"))
    path.hardlink_to(path.with_name("latest.jpg"))
    return 8, 8


def no_shape(path):
    Image.fromarray(PIXELS).save(path)


@pytest.mark.parametrize("stats", [("mean",), ()], ids=["with numbers", "without"])
@pytest.mark.parametrize(
    ("act", "message"),
    [
        (nothing, "has not saved that file"),
        (elsewhere, "has not saved that file"),
        (a_folder, "no regular file"),
        (a_link, "no regular file"),
        (a_hard_link, "hard link"),
        (cut_off, "cannot be read: .*[Tt]runcated"),
        (empty, "cannot be read: .* is not JPEG"),
        (a_png, "cannot be read: .* is not JPEG"),
        (another_shape, r"holds a frame of shape \(4, 8\) and dtype uint8, expected \(8, 8\) and uint8"),
        (rgb, r"holds a frame of shape \(8, 8, 3\) and dtype uint8, expected \(8, 8\) and uint8"),
        (another_returned_shape, r"returned the shape \(8, 9\), expected \(8, 8\)"),
        (no_shape, r"returned the shape None, expected \(8, 8\)"),
    ],
)
def test_a_function_that_does_something_else(run_engine, make_camera, documents, folder, act, message, stats):
    camera = make_camera(SavingSource(act, shape=(8, 8)), format="jpeg", stats=stats, hints=())
    error = fail(run_engine, documents, camera)
    assert isinstance(error, FrameError)
    assert re.search(message, str(error))
    assert str(error).startswith(f"camera: SavingSource({act.__name__}) was asked to save {folder}/")
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert not documents.of("event", "stream_datum", "stream_resource")
    assert not list(folder.iterdir()), "what was refused is not kept"


def test_a_frame_that_is_refused_ends_its_run_and_not_the_next(run_engine, make_camera, documents):
    shots = []

    def acquire(path):
        shots.append(path)
        return (cut_off if len(shots) == 3 else another_returned_shape if len(shots) == 4 else saves)(path)

    def saves(path):
        Image.fromarray(PIXELS + len(shots)).save(path)
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    for _ in range(2):
        assert "was asked to save" in str(fail(run_engine, documents, camera))
    run_engine(bp.count([camera], 3), documents)
    first, second, third = documents.by_run()
    frames = framestore_handlers.load(first)["primary"]["camera_image"].compute()[:, 0]
    np.testing.assert_array_equal(frames, [as_jpeg_75(PIXELS + k) for k in (1, 2)])
    assert not second.of("event")
    frames = framestore_handlers.load(third)["primary"]["camera_image"].compute()[:, 0]
    np.testing.assert_array_equal(frames, [as_jpeg_75(PIXELS + k) for k in (5, 6, 7)])


def as_jpeg_75(frame):
    from io import BytesIO

    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG")
    return np.asarray(Image.open(file))


def test_a_function_that_raises_is_the_cause(run_engine, make_camera, documents, folder):
    def acquire(path):
        Path(path).write_bytes(b"half")
        raise OSError(5, "the camera is on fire")

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    assert fail(run_engine, documents, camera).errno == 5
    assert not list(folder.iterdir())


def test_a_late_file_is_thrown_away(make_camera, folder):
    """The function is slower than its timeout; what it saves when nobody waits any more is no frame."""
    release, asked = threading.Event(), threading.Event()
    shots = []

    def acquire(path):
        shots.append(path)
        if len(shots) == 1:
            asked.set()
            release.wait(20)
        Path(path).parent.mkdir(exist_ok=True)
        Image.fromarray(PIXELS + len(shots)).save(path)
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg", frame_timeout=0.2)
    camera.stage()
    late = camera.trigger()
    assert asked.wait(10)
    assert isinstance(late.exception(10), TimeoutError)
    release.set()
    while True:
        try:
            status = camera.trigger()
        except RuntimeError as error:
            assert "has not returned from next_frame" in str(error)  # noqa: PT017 - until it has
            continue
        break
    status.wait(10)
    camera.unstage()
    (path,) = folder.iterdir()
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), as_jpeg_75(PIXELS + 2))


def test_a_file_that_comes_after_its_exposure_failed_is_not_taken_for_the_next(make_camera, folder):
    """The function gives up on the first shot, whose file comes while the second is taken; the second saves nothing."""
    paths = []

    def acquire(path):
        paths.append(Path(path))
        if len(paths) == 1:
            msg = "the camera's software did not answer"
            raise TimeoutError(msg)
        Image.fromarray(PIXELS).save(paths[0])
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    camera.stage()
    assert isinstance(camera.trigger().exception(10), TimeoutError)
    error = camera.trigger().exception(10)
    assert isinstance(error, FrameError)
    assert "has not saved that file" in str(error)
    camera.unstage()
    assert not list(folder.iterdir())


def test_a_file_that_was_saved_ahead_is_not_taken_for_the_next(make_camera):
    def acquire(path):
        following = Path(path.replace("_000000.jpg", "_000001.jpg"))
        for each in {Path(path), following}:
            Image.fromarray(PIXELS).save(each)
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    camera.stage()
    assert camera.trigger().exception(10) is None
    assert "_000001.jpg was there before" in str(camera.trigger().exception(10))
    camera.trigger().wait(10)


def test_a_file_that_still_grows_is_refused(make_camera):
    def read_while_it_grows(path):
        with path.open("ab") as file:
            file.write(b"more")
        return PIXELS

    settings = SavedFiles(spec="MY", suffix=".raw", read_frame=read_while_it_grows)
    camera = make_camera(SavingSource(lambda path: Path(path).touch() or (8, 8), shape=(8, 8)), format=settings)
    camera.stage()
    assert "but it is still being written" in str(camera.trigger().exception(10))


@pytest.mark.parametrize("shape", [[8, 8], np.array([8, 8]), (np.int64(8), 8)], ids=["list", "array", "numpy"])
def test_a_shape_may_be_any_sequence_of_whole_numbers(make_camera, shape):
    def acquire(path):
        Image.fromarray(PIXELS).save(path)
        return shape

    camera = make_camera(SavingSource(acquire, shape=shape), format="jpeg")
    camera.stage()
    camera.trigger().wait(10)


def test_whoever_may_save_into_the_folder_may_save_where_the_camera_asks(make_camera, folder):
    modes = []

    def acquire(path):
        modes.append(Path(path).parent.stat().st_mode)
        Image.fromarray(PIXELS).save(path)
        return 8, 8

    folder.mkdir()
    folder.chmod(0o2777)
    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    camera.stage()
    camera.trigger().wait(10)
    assert modes == [folder.stat().st_mode]


@every_way
def test_a_folder_that_is_replaced_while_staged(make_camera, way, folder):
    camera = make_camera(way.source, **way.settings)
    camera.stage()
    camera.trigger().wait(10)
    folder.rename(folder.with_name("moved"))
    folder.mkdir()
    error = camera.trigger().exception(10)
    assert isinstance(error, FileNotFoundError | FrameError), error
    assert camera.frames_written.get() == 1
    camera.unstage()
    assert not [path for path in folder.iterdir() if not path.name.startswith(".")]


def test_a_lost_race_for_a_name_is_told_as_such(make_camera, numbered_source, folder):
    """Two cameras with one name: the second opens its series before the first has a file."""

    class Same:
        def __call__(self, datakey_name=None):
            return PathInfo(directory_path=folder, filename="a")

    first, second = (
        make_camera(numbered_source((8, 8), "uint8"), format="jpeg", path_provider=Same(), name=name)
        for name in ("first", "second")
    )
    first.stage()
    second.stage()
    first.trigger().wait(10)
    error = second.trigger().exception(10)
    assert isinstance(error, FileExistsError)
    assert f"second: {folder}/a_000000.jpg exists already and is not overwritten" in str(error)


def test_a_killed_run_keeps_every_point_that_its_documents_have(way, tmp_path):
    """SIGKILL in the middle of a scan; its documents were written beside it."""
    code = """
import sys
import bluesky.plans as bp
from bluesky import RunEngine
from bluesky.callbacks.json_writer import JSONLinesWriter
from conftest import NumberedSource
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from ways import WAYS, NumpyHandler
way = WAYS[sys.argv[1]](NumberedSource((8, 16), "uint8"))
provider = StaticPathProvider(UUIDFilenameProvider(), sys.argv[2] + "/frames")
camera = Camera(way.source, provider, **way.settings, frames_per_point=2)
RE = RunEngine()
RE.subscribe(JSONLinesWriter(sys.argv[2], "run.jsonl"))
RE(bp.count([camera], 10**6), lambda name, document: print(name, flush=True))
"""
    name = next(name for name, kind in WAYS.items() if type(way) is kind)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", code, name, tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        events = 0
        for line in process.stdout:
            events += line == "event\n"
            if events == 25:
                process.send_signal(signal.SIGKILL)
                break
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a last line that was cut off is reported, and may be there
        stream = way.load(tmp_path / "run.jsonl")["primary"]
    assert len(stream["camera_sum"]) >= 25
    frames = stream["camera_image"].compute()
    for k, (event, total) in enumerate(zip(frames, stream["camera_sum"], strict=False)):
        np.testing.assert_array_equal(event, [way.expected(2 * k), way.expected(2 * k + 1)])
        assert total == sum(int(way.seen(2 * k + j).sum()) for j in (0, 1))


def test_stop_while_a_file_is_saved(make_camera, folder):
    asked, release = threading.Event(), threading.Event()

    def acquire(path):
        asked.set()
        release.wait(20)
        Image.fromarray(PIXELS).save(path)
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg", frames_per_point=3)
    camera.stage()
    status = camera.trigger()
    assert asked.wait(10)
    camera.stop(success=True)
    status.wait(10)
    release.set()
    camera.unstage()
    assert not list(folder.iterdir())


def test_a_hidden_folder_that_cannot_be_removed_is_told(make_camera, acquire_image, folder, mount, caplog):
    """Something in it is in use."""
    camera = make_camera(SavingSource(acquire_image, shape=(512, 512)), format="jpeg")
    camera.stage()
    camera.trigger().wait(10)
    (hidden,) = folder.glob(".saving-*")
    (hidden / "in use").mkdir()
    with mount(hidden / "in use", "size=1m"):
        camera.unstage()
    assert f"camera: {hidden} could not be removed" in caplog.text
    assert len(list(folder.glob("*.jpg"))) == 1


def test_files_of_points_that_were_stopped_do_not_pile_up(make_camera, folder):
    asked, release = threading.Event(), threading.Event()

    def acquire(path):
        asked.set()
        release.wait(20)
        Image.fromarray(PIXELS).save(path)
        return 8, 8

    camera = make_camera(SavingSource(acquire, shape=(8, 8)), format="jpeg")
    camera.stage()
    stopped = camera.trigger()
    assert asked.wait(10)
    camera.stop(success=True)
    stopped.wait(10)
    release.set()
    camera.trigger().wait(10)  # the late file of the first was looked at before
    assert [path.name[-11:] for path in folder.rglob("*.jpg")] == ["_000000.jpg"]
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_a_source_that_saves_files_needs_a_format_of_one_file_a_frame(folder, make_camera, acquire_image, family):
    message = (
        "detector: SavingSource(.*acquire_image) saves a file a frame, format 'hdf5' has one for many frames; "
        "choose one of: tiff, jpeg, png, or framestore.formats.SavedFiles"
    )
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        make_camera(SavingSource(acquire_image, shape=(8, 8)), documents=family, name="detector")


def test_a_format_that_only_a_source_can_write_needs_such_a_source(make_camera):
    settings = SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load)
    with pytest.raises(
        ValueError, match="camera: .*SimulatedSource.* gives arrays, which framestore cannot write as MY_F"
    ):
        make_camera(SimulatedSource((4, 4)), format=settings)


def test_frames_that_jpeg_cannot_hold(make_camera):
    with pytest.raises(ValueError, match="camera: format 'jpeg' cannot hold frames of shape .* dtype uint16") as raised:
        make_camera(SavingSource(nothing, shape=(8, 8), dtype="uint16"), format="jpeg")
    assert "hdf5" not in str(raised.value).rpartition(";")[2], "a camera that saves its files itself cannot write that"


def test_frames_that_have_no_mean(run_engine, make_camera, documents):
    def acquire(path):
        np.save(path, np.full((4, 5), 1 + 2j, "complex64"))
        return 4, 5

    settings = SavedFiles(spec="MY", suffix=".npy", read_frame=np.load)
    source = SavingSource(acquire, shape=(4, 5), dtype="complex64")
    with pytest.raises(ValueError, match=r"no numbers \(mean, .*\) of frames of shape .* complex64; use stats=\(\)"):
        run_engine(bp.count([make_camera(source, format=settings)]))
    run_engine(bp.count([make_camera(source, format=settings, stats=(), hints=())]), documents)
    handlers = {settings.mimetype: NumpyHandler}
    frames = framestore_handlers.load(documents, handlers=handlers)["primary"]["camera_image"].compute()
    np.testing.assert_array_equal(frames, np.full((1, 1, 4, 5), 1 + 2j))


def test_two_cameras_with_one_source(make_camera, acquire_image):
    source = SavingSource(acquire_image, shape=(512, 512))
    first, second = (make_camera(source, format="jpeg", name=name) for name in ("first", "second"))
    first.stage()
    with pytest.raises(RuntimeError, match="in use by the camera first"):
        second.stage()
    first.unstage()
    second.stage()


@every_way
def test_frames_that_a_pause_took_back_leave_no_files(run_engine, make_camera, way, documents, folder):
    """A run that is paused after it read its second point, and then ends."""
    import bluesky.plan_stubs as bps
    import bluesky.preprocessors as bpp
    from bluesky.utils import RunEngineInterrupted

    camera = make_camera(way.source, **way.settings)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.checkpoint()
        yield from bps.trigger_and_read([camera])
        yield from bps.checkpoint()
        yield from bps.trigger(camera, wait=True)
        yield from bps.pause()
        yield from bps.pause()

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan(), documents)
    with pytest.raises(RunEngineInterrupted):
        run_engine.resume()
    run_engine.abort()
    frames = way.load(documents)["primary"]["camera_image"].compute()
    np.testing.assert_array_equal(frames[:, 0], [way.expected(0)])
    assert len(list(folder.iterdir())) == 1, "of the point that was taken twice and never read there is nothing"


def test_settings_are_used(run_engine, make_camera, numbered_source, documents, folder):
    for quality in (20, 95):
        camera = make_camera(numbered_source((64, 64), "uint8"), format=JPEG(quality=quality))
        run_engine(bp.count([camera]), documents)
    low, high = (
        (folder / re.sub(r"\{.*\}", "000000", resource["parameters"]["template"])).stat().st_size
        for resource in documents.of("stream_resource")
    )
    assert low < high
