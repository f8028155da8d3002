"""A TIFF file a frame, while the run goes on: the pixels that the camera gave, as an independent reader finds them."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
import tifffile
from bluesky.utils import RunEngineInterrupted
from flying import flown
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from ophyd.sim import det, motor
from slow import slow

from framestore.callbacks import HiddenDocumentsError, LiveTiffExporter, post_run
from framestore.paths import StaticPathProvider

SHAPE = (5, 7)


@pytest.fixture
def family():
    """Of the documents, where it makes no difference."""
    return "stream"


def below(folder):
    """Names of all files in a folder and below it."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture
def output(tmp_path, monkeypatch):
    """The folder of the documented templates, which begin where the process is."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work/output_dir"


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("output_dir/{start[scan_id]}_{event[seq_num]}.tiff", ["7_1.tiff", "7_2.tiff", "7_3.tiff"]),
        (
            "output_dir/{start[user]}/{start[scan_id]}/{event[seq_num]}.tiff",
            ["Ann/7/1.tiff", "Ann/7/2.tiff", "Ann/7/3.tiff"],
        ),
        (
            "output_dir/{start[scan_id]}_{start[sample_name]}_{event[data][motor]}_{event[seq_num]}.tiff",
            ["7_Ag_-1.0_1.tiff", "7_Ag_0.0_2.tiff", "7_Ag_1.0_3.tiff"],
        ),
        (
            "output_dir/{stream}-{field}/{start[time]:%Y}-{event[data][motor]:.2f}-{seq_num:03d}-{i}{frame}.tif",
            None,
        ),
    ],
    ids=["scan and event", "folders", "measurements", "all"],
)
def test_the_templates_of_bluesky_s_documentation(run_engine, make_camera, output, documents, front, template, names):
    source = NumberedSource(SHAPE)
    field = front.image("camera")
    exporter = LiveTiffExporter(field, template)
    metadata = {"user": "Ann", "sample_name": "Ag", "scan_id": 7}
    run_engine(bp.scan([make_camera(source)], motor, -1, 1, 3, md=metadata), [exporter, documents])
    if names is None:
        motors = ["-1.00", "0.00", "1.00"]
        names = [f"primary-{field}/2026-{at}-{k:03d}-00.tif" for k, at in enumerate(motors, 1)]
    year = np.datetime64(int(documents.of("start")[0]["time"]), "s").astype("datetime64[Y]")
    names = [name.replace("/2026-", f"/{year}-") for name in names]
    assert exporter.filenames == [f"output_dir/{name}" for name in names]
    assert below(output) == sorted(names)
    for k, name in enumerate(names):
        image = tifffile.imread(output / name)
        assert image.dtype == np.uint16
        np.testing.assert_array_equal(image, source.expected(k))
    assert not exporter.errors


@fronts(OPHYD_DATUM, OPHYD_ASYNC, others=[OPHYD])
def test_after_the_run(run_engine, make_camera, output, front):
    source = NumberedSource(SHAPE)
    exporter = LiveTiffExporter(front.image("camera"), "output_dir/{start[scan_id]}_{event[seq_num]}.tiff")
    seen = []
    run_engine.subscribe(post_run(exporter))
    run_engine(bp.count([make_camera(source)], 2), {"event": lambda *_: seen.extend(below(output))})
    assert not seen
    assert below(output) == ["1_1.tiff", "1_2.tiff"]


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_recorded_documents(engine, make_camera, documents, tmp_path, family):
    source = NumberedSource(SHAPE)
    engine(bp.count([make_camera(source, documents=family)], 2))
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tiff")
    for name, doc in json.loads(json.dumps(list(documents))):
        exporter(name, doc)
        exporter(name, doc)  # as Kafka may deliver it
    for name, doc in documents:  # and all at once again
        exporter(name, doc)
    assert exporter.filenames == [f"{tmp_path}/1.tiff", f"{tmp_path}/2.tiff"]
    assert not exporter.errors
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "2.tiff"), source.expected(1))


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_camera_in_the_baseline(run_engine, make_camera, tmp_path, front):
    source = NumberedSource(SHAPE)
    camera = make_camera(source)
    run_engine.preprocessors.append(bpp.SupplementalData(baseline=[camera]))
    exporter = LiveTiffExporter(front.image("camera"), tmp_path / "out/{stream}_{seq_num}.tiff")
    decorated = bpp.subs_decorator(exporter)(bp.count)
    run_engine(bpp.stage_wrapper(decorated([det], 2), [camera]))
    names = ["baseline_1", "baseline_2"]
    assert [Path(name).stem for name in exporter.filenames] == names
    for k, name in enumerate(names):
        np.testing.assert_array_equal(tifffile.imread(tmp_path / f"out/{name}.tiff"), source.expected(k))


@fronts(OPHYD, others=[OPHYD_ASYNC])
@pytest.mark.parametrize("points", [5, 1])
def test_a_fly_scan(run_engine, make_camera, tmp_path, front, points):
    source = NumberedSource(SHAPE)
    exporter = LiveTiffExporter(front.image("camera"), tmp_path / "out/{event[seq_num]}_{i}.tiff")
    run_engine(flown([make_camera(source, frames_per_point=2)], points), exporter)
    names = [f"{point + 1}_{k}.tiff" for point in range(points) for k in range(2)]
    assert below(tmp_path / "out") == sorted(names)
    assert [Path(name).name for name in exporter.filenames] == names
    for k, name in enumerate(names):
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / name), source.expected(k))


@fronts(OPHYD_ASYNC)
def test_events_of_images_alone_are_written_once_and_with_their_events(run_engine, make_camera, tmp_path, front):
    """A stream of nothing but frames may be a fly scan, until its first event comes."""
    source = NumberedSource(SHAPE)
    exporter = LiveTiffExporter("camera", tmp_path / "out/{event[time]:%Y}_{seq_num}.tiff")
    run_engine(bp.count([make_camera(source, stats=())], 3), exporter)
    assert [name[4:] for name in below(tmp_path / "out")] == ["_1.tiff", "_2.tiff", "_3.tiff"]
    assert not exporter.errors


@pytest.mark.parametrize("dtype", ["uint8", "float64", *slow("int16", "float32")])
def test_dtypes_and_what_stands_beside_the_pixels(engine, make_camera, documents, tmp_path, dtype):
    source = NumberedSource(SHAPE, dtype)
    engine(bp.scan([make_camera(source)], motor, 0, 1, 2), LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tif"))
    with tifffile.TiffFile(tmp_path / "2.tif") as file:
        (page,) = file.pages
        np.testing.assert_array_equal(page.asarray(), source.expected(1))
        assert page.dtype == dtype
        said = json.loads(page.description)
    (start, events) = json.loads(json.dumps([documents.of("start")[0], documents.of("event")]))
    assert said["event"] == events[1]
    assert said["start"] == start
    assert said["uid"] == start["uid"]
    assert start["time"] < said["time"] < events[1]["time"]


def test_colours_are_one_page(engine, make_camera, tmp_path):
    source = NumberedSource((*SHAPE, 3), "uint8")
    engine(bp.count([make_camera(source)], 1), LiveTiffExporter("camera_image", tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        (page,) = file.pages
        assert page.photometric == tifffile.PHOTOMETRIC.RGB
        np.testing.assert_array_equal(page.asarray(), source.expected(0))


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
@pytest.mark.parametrize("template", ["{seq_num}.tiff", "{seq_num}_{event[uid]}.tiff"])
def test_a_point_that_is_taken_again_replaces_its_file(run_engine, make_camera, documents, tmp_path, front, template):
    source, paused = NumberedSource(SHAPE), []
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for k in range(3):
            yield from bps.checkpoint()
            yield from bps.trigger_and_read([camera])
            if k == 1 and not paused:
                paused.append(True)
                yield from bps.pause()

    exporter = LiveTiffExporter(front.image("camera"), tmp_path / "out" / template)
    with pytest.raises(RunEngineInterrupted):
        run_engine(plan(), [exporter, documents])
    run_engine.resume()
    assert [event["seq_num"] for event in documents.of("event")] == [1, 2, 2, 3]
    assert not exporter.errors
    assert sorted(Path(name).name for name in exporter.filenames) == below(tmp_path / "out")
    assert [name[0] for name in below(tmp_path / "out")] == ["1", "2", "3"]
    kept = {event["seq_num"]: event for event in documents.of("event")}
    for name in exporter.filenames:
        event = kept[int(Path(name).name[0])]
        assert tifffile.imread(name).mean() == pytest.approx(event["data"][front.number("camera", "mean")])


def test_a_run_that_has_other_images_only_is_logged_until_the_field_was_found(engine, make_camera, tmp_path, caplog):
    camera, other = make_camera(NumberedSource(SHAPE)), make_camera(NumberedSource(SHAPE), name="other")
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tiff")
    for detectors in ([det], [other], [camera, other], [other]):
        engine(bp.count(detectors, 1), exporter)
    (text,) = [record.getMessage() for record in caplog.records if record.name == "framestore"]
    assert text.endswith("(scan 2): no event has it, so nothing was written; there are images: other_image")
    assert exporter.errors == []


def test_a_report_stands_on_stderr_once(engine, camera, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger("framestore"), "propagate", False)  # nobody has configured logging
    engine(bp.count([camera], 2), LiveTiffExporter("camera_image", tmp_path / "{seq_num}_{start[nobody]}.tiff"))
    assert capsys.readouterr().err.count("LiveTiffExporter('camera_image') failed 2 times in run ") == 1


def test_a_file_that_is_there_is_kept_and_told_of(engine, camera, tmp_path, capsys, documents):
    (tmp_path / "2_1.tiff").write_text("of somebody")
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}_{i}.tiff")
    engine(bp.count([camera], 3), exporter)
    assert documents.of("stop")[0]["exit_status"] == "success"
    assert exporter.filenames == [f"{tmp_path}/{k}_0.tiff" for k in (1, 2, 3)]
    (tmp_path / "3_0.tiff").unlink()
    capsys.readouterr()
    engine(bp.count([camera], 3), exporter)
    assert exporter.filenames == [f"{tmp_path}/3_0.tiff"]
    assert [type(error) for error in exporter.errors] == [FileExistsError] * 2
    told = capsys.readouterr().err
    assert "LiveTiffExporter('camera_image') failed 2 times in run " in told
    assert f"event 1: FileExistsError: {tmp_path}/1_0.tiff exist" in told.replace("[Errno 17] ", "")
    assert (tmp_path / "2_1.tiff").read_text() == "of somebody"


def test_no_frame_of_an_event_is_written_when_one_of_its_files_is_there(engine, make_camera, tmp_path):
    (tmp_path / "1_1.tiff").touch()
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}_{i}.tiff", on_error="raise")
    with pytest.raises(FileExistsError) as raised:
        engine(bp.count([make_camera(NumberedSource(SHAPE), frames_per_point=2)], 1), exporter)
    assert raised.value.__notes__[0].endswith("event 1")
    assert [path.name for path in tmp_path.glob("*.tiff")] == ["1_1.tiff"]


def test_files_are_replaced_where_that_was_said(engine, make_camera, tmp_path):
    source = NumberedSource(SHAPE)
    (tmp_path / "1.tiff").write_text("of somebody")
    exporter = LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tiff", overwrite=True)
    engine(bp.count([make_camera(source)], 1), exporter)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "1.tiff"), source.expected(0))


def test_a_dry_run_writes_nothing(engine, camera, tmp_path):
    exporter = LiveTiffExporter("camera_image", f"{tmp_path}/out/{{seq_num}}.tiff", dryrun=True)
    engine(bp.count([camera], 2), exporter)
    assert exporter.filenames == [f"{tmp_path}/out/1.tiff", f"{tmp_path}/out/2.tiff"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("template", "settings", "lacks"),
    [("{start[scan_id]}.tiff", {}, r"add \{seq_num\}"), ("{seq_num}.tiff", {"frames_per_point": 2}, r"add \{frame\}")],
    ids=["events", "frames"],
)
def test_frames_of_one_name_are_refused(engine, make_camera, tmp_path, template, settings, lacks):
    exporter = LiveTiffExporter("camera_image", tmp_path / "out" / template, on_error="raise")
    with pytest.raises(ValueError, match=f"makes .* of frame 0 of event 1.*{lacks}"):
        engine(bp.count([make_camera(NumberedSource(SHAPE), **settings)], 2), exporter)
    assert len(exporter.filenames) == (0 if settings else 1)


@pytest.mark.parametrize(
    ("template", "error", "match"),
    [
        ("{start.scan_id}.tiff", ValueError, "is not the name of a value"),
        ("{start[scan_id]", ValueError, "refused"),
        ("{seq_num:0999d}.tiff", ValueError, "wider than 200"),
        ("{stop[uid]}.tiff", ValueError, "the stop document, which comes after the images"),
        ("{scan_id}.tiff", KeyError, "there is: start"),
    ],
)
def test_templates_are_checked_at_once(template, error, match):
    with pytest.raises(error, match=match):
        LiveTiffExporter("camera_image", template)


@pytest.mark.parametrize("user", ["../Ann", "..", "a/b"])
def test_values_lead_nowhere_else(engine, camera, tmp_path, user):
    exporter = LiveTiffExporter("camera_image", tmp_path / "out/{start[user]}/{seq_num}.tiff", on_error="raise")
    with pytest.raises(ValueError, match="refused"):
        engine(bp.count([camera], 1, md={"user": user}), exporter)
    assert below(tmp_path / "out") == []


def test_what_the_run_lacks_is_told_of_and_the_next_run_has_its_files(engine, camera, tmp_path, capsys):
    exporter = LiveTiffExporter("camera_image", tmp_path / "{start[user]}_{seq_num}.tiff")
    token = engine.subscribe(exporter)
    engine(bp.count([camera], 1))
    assert "KeyError" in (told := capsys.readouterr().err)
    assert "start[user]" in told
    engine(bp.count([camera], 1, md={"user": "Ann"}))
    assert not exporter.errors
    assert [Path(name).name for name in exporter.filenames] == ["Ann_1.tiff"]
    engine(bp.count([det], 1))
    engine.unsubscribe(token)
    assert exporter.filenames == exporter.errors == []


def test_a_full_disk_does_not_stop_the_run(engine, make_camera, small_disk, documents, capsys):
    source = NumberedSource((512, 512), "uint16")
    exporter = LiveTiffExporter("camera_image", small_disk / "{seq_num}.tiff")
    engine(bp.count([make_camera(source, stats=())], 4), exporter)
    assert documents.of("stop")[0]["num_events"] == {"primary": 4}
    assert [Path(name).name for name in exporter.filenames] == ["1.tiff"]
    assert "failed 3 times" in (told := capsys.readouterr().err)
    assert str(small_disk) in told
    assert [path.name for path in small_disk.iterdir()] == ["1.tiff"], "nothing is left of the others"
    np.testing.assert_array_equal(tifffile.imread(small_disk / "1.tiff"), source.expected(0))


def test_events_alone_are_refused_whatever_becomes_of_errors(engine, camera, tmp_path):
    with pytest.raises(HiddenDocumentsError, match=r"LiveTiffExporter\('camera_image'\) got an event"):
        engine(bp.count([camera], 1), {"event": LiveTiffExporter("camera_image", tmp_path / "{seq_num}.tiff")})


def test_errors_are_told_of_at_the_end_of_each_run_within_a_run(engine, make_camera, tmp_path, capsys):
    cameras = [make_camera(NumberedSource(SHAPE)) for _ in range(2)]
    told = []

    @bpp.set_run_key_decorator("inner")
    @bpp.run_decorator(md={"user": "Ann"})
    def inner():
        yield from bps.trigger_and_read([cameras[1]])

    @bpp.stage_decorator(cameras)
    @bpp.set_run_key_decorator("outer")
    @bpp.run_decorator()
    def outer():
        yield from bps.trigger_and_read([cameras[0]])
        yield from inner()
        told.append(capsys.readouterr().err)
        yield from bps.trigger_and_read([cameras[0]])

    exporter = LiveTiffExporter("camera_image", tmp_path / "{start[user]}_{start[uid]}_{seq_num}.tiff")
    engine(outer(), exporter)
    told.append(capsys.readouterr().err)
    assert len(exporter.filenames) == 1
    assert len(exporter.errors) == 2
    assert ["failed once" in text for text in told] == [True, True]


def image_documents(images, *, filled=None, external=None):
    """A run whose events hold images."""
    key = {"shape": list(images[0].shape), "dtype": "array", "dtype_numpy": images[0].dtype.str, "source": ""}
    key |= {"external": external} if external else {}
    yield "start", {"uid": "r", "time": 0.0, "scan_id": 3}
    yield "descriptor", {"uid": "d", "run_start": "r", "name": "primary", "data_keys": {"image": key}, "time": 0.0}
    for k, image in enumerate(images, 1):
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": k, "time": 0.0, "timestamps": {"image": 0.0}}
        yield "event", event | {"data": {"image": image}} | ({"filled": {"image": filled}} if filled else {})
    yield "stop", {"uid": "s", "run_start": "r", "time": 0.0}


@pytest.mark.parametrize("how", ["held", "as JSON", "filled"])
@pytest.mark.parametrize("shape", [(4, 6), (2, 4, 6), (4, 6, 3)], ids=str)
def test_images_within_the_events(tmp_path, how, shape):
    images = [(np.arange(np.prod(shape)).reshape(shape) + k).astype("uint16") for k in range(2)]
    pairs = list(image_documents(images, **({"filled": "d/0", "external": "FILESTORE:"} if how == "filled" else {})))
    if how == "as JSON":
        pairs = json.loads(json.dumps(pairs, default=np.ndarray.tolist))
    exporter = LiveTiffExporter("image", tmp_path / "{event[seq_num]}_{i}.tiff", on_error="raise")
    for name, doc in pairs:
        exporter(name, doc)
    frames = [frame for image in images for frame in (image if len(shape) == 3 and shape[-1] != 3 else [image])]
    assert len(exporter.filenames) == len(frames)
    for name, frame in zip(exporter.filenames, frames, strict=True):
        found = tifffile.imread(name)
        assert found.dtype == "uint16"
        np.testing.assert_array_equal(found, frame)


class FillingBroker:
    """The broker that bluesky's own callbacks expect, of version 0."""

    def fill_events(self, events, descriptors, fields):
        assert fields == ["image"]
        assert [doc["uid"] for doc in descriptors] == ["d"]
        for event in events:
            yield event | {"data": {"image": np.full((4, 6), event["seq_num"], "uint16")}}


class Fs:
    """One whose `fs` fills."""

    fs = FillingBroker()


@pytest.mark.parametrize("broker", [FillingBroker(), Fs()])
def test_a_broker_may_fill_the_events(tmp_path, broker):
    exporter = LiveTiffExporter("image", f"{tmp_path}/{{event[seq_num]}}.tiff", db=broker, on_error="raise")
    for name, doc in image_documents(np.zeros((2, 4, 6), "uint16"), external="FILESTORE:"):
        data = {"data": {"image": "datum/1"}} if name == "event" else {}
        exporter(name, doc | data)
    for k in (1, 2):
        np.testing.assert_array_equal(tifffile.imread(tmp_path / f"{k}.tiff"), np.full((4, 6), k, "uint16"))


KILLED = """
import os, sys
import numpy as np
from framestore.callbacks import LiveTiffExporter

exporter = LiveTiffExporter("image", sys.argv[1] + "/{seq_num:04d}.tiff", overwrite=True)
key = {"shape": [512, 512], "dtype": "array", "source": ""}
exporter("start", {"uid": "r", "time": 0.0})
exporter("descriptor", {"uid": "d", "run_start": "r", "name": "primary", "data_keys": {"image": key}, "time": 0.0})
for k in range(1, 10_000):
    event = {"uid": "e", "descriptor": "d", "seq_num": k, "time": 0.0, "timestamps": {"image": 0.0}}
    exporter("event", event | {"data": {"image": np.full((512, 512), k, "uint16")}})
    if k == 20:
        print("go", flush=True)
"""


def test_what_a_killed_process_leaves_is_whole_and_the_next_sweeps(tmp_path):
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "go\n"
        child.kill()
    names = [path for path in tmp_path.iterdir() if path.suffix == ".tiff" and not path.name.startswith(".")]
    assert len(names) >= 20
    for path in names:
        assert (tifffile.imread(path) == int(path.stem)).all()
    left = tmp_path / f".framestore-live-{os.uname().nodename}-{child.pid}-99.tiff"
    left.touch()
    alive = tmp_path / f".framestore-live-{os.uname().nodename}-{os.getppid()}-99.tiff"
    alive.touch()
    assert child.returncode == -signal.SIGKILL
    exporter = LiveTiffExporter("image", tmp_path / "{seq_num:04d}.tiff", overwrite=True)
    for pair in image_documents(np.zeros((1, 4, 6), "uint16")):
        exporter(*pair)
    assert [path.name for path in tmp_path.glob(".*")] == [alive.name]


def test_a_file_of_the_camera_is_never_replaced(run_engine, make_camera, folder):
    source = NumberedSource(SHAPE)
    provider = StaticPathProvider(lambda _=None: "raw", folder)
    exporter = LiveTiffExporter("camera_image", folder / "raw.tiff", overwrite=True)
    run_engine.subscribe(exporter)
    run_engine(bp.count([make_camera(source, path_provider=provider, format="tiff_stack")]))
    (error,) = exporter.errors
    assert "raw.tiff holds frames of the run that is exported" in str(error)
    np.testing.assert_array_equal(tifffile.imread(folder / "raw.tiff"), source.expected(0))
