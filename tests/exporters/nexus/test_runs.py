"""Runs of plans as NeXus: what stands in the file, and where, by plain h5py."""

import datetime as dt
import json
import shutil

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import h5py
import numpy as np
import pytest
from fronts_of import OPHYD_ASYNC
from nexusformat.nexus import nxload
from numbered import NumberedSource
from ophyd.sim import SynGauss
from slow import slow

from framestore.exporters import export_nexus
from framestore.plans import fly


@pytest.fixture
def source():
    return NumberedSource((6, 8))


@pytest.fixture
def expected(source):
    """The frames from the first on, each (6, 8)."""
    return lambda count: np.array([source.expected(k) for k in range(count)])


def one_entry(path):
    with h5py.File(path) as file:
        assert list(file) == ["entry"]
        return {name: dict(group.attrs) for name, group in file["entry"].items() if isinstance(group, h5py.Group)}


@pytest.mark.parametrize("family", ["stream", *slow("datum")])
@pytest.mark.parametrize("source_format", ["hdf5", *slow("tiff", "jpeg", "zarr")])
def test_a_scan(make_camera, source, expected, record, export, motors, family, source_format):
    if source_format == "jpeg":
        source.dtype = np.dtype("uint8")
        source._buffer = source._buffer.astype("uint8")
    camera = make_camera(source, documents=family, format=source_format)
    run = record(bp.scan([camera], motors[0], -1, 1, 3), sample="Fe", user="Zoë", proposal_id="p7")
    pixels = run["primary"].read("camera_image")[:, 0]
    if source_format != "jpeg":
        np.testing.assert_array_equal(pixels, expected(3))
    path = export(run)
    classes = {name: attributes["NX_class"] for name, attributes in one_entry(path).items()}
    assert classes == {
        "data": "NXdata",
        "documents": "NXcollection",
        "instrument": "NXinstrument",
        "metadata": "NXparameters",
        "plan": "NXparameters",
        "sample": "NXsample",
        "streams": "NXcollection",
        "user": "NXuser",
    }
    with h5py.File(path) as file:
        entry = file["entry"]
        data = entry[entry.attrs["default"]]
        assert (file.attrs["default"], data.name) == ("entry", "/entry/data")
        assert (data.attrs["signal"], list(data.attrs["axes"])) == ("camera_image", ["motor1", ".", "."])
        np.testing.assert_array_equal(data["camera_image"], pixels)
        assert data["camera_image"].dtype == source.dtype
        assert data["camera_image"].attrs["interpretation"] == "image"
        np.testing.assert_array_equal(data["motor1"], [-1, 0, 1])
        np.testing.assert_allclose(data["camera_mean"], run["primary"]["camera_mean"])
        camera, motor = entry["instrument/camera"], entry["instrument/motor1"]
        assert (camera.attrs["NX_class"], motor.attrs["NX_class"]) == ("NXdetector", "NXpositioner")
        assert camera["data"] == data["camera_image"] == entry["streams/primary/data/camera_image"]
        assert camera["local_name"].asstr()[()] == "camera"
        np.testing.assert_array_equal(camera["sequence_number"], [1, 2, 3])
        assert (motor["value"], motor["name"].asstr()[()]) == (data["motor1"], "motor1")
        np.testing.assert_array_equal(motor["target_value"], [-1, 0, 1])
        assert motor["velocity"][()] == 1
        assert entry["sample/name"].asstr()[()] == "Fe"
        assert entry["user/name"].asstr()[()] == "Zoë"
        assert entry["experiment_identifier"].asstr()[()] == "p7"
        assert entry["plan/plan_name"].asstr()[()] == "scan"
        assert entry["plan/num_points"][()] == 3
        assert entry["plan/exit_status"].asstr()[()] == "success"
        assert entry["metadata/sample"].asstr()[()] == "Fe"


def test_times_identifiers_and_documents(make_camera, source, record, export, documents):
    run = record(bp.count([make_camera(source)], 2), title="A title")
    with h5py.File(export(run)) as file:
        entry = file["entry"]
        for name, time in {"start_time": run.start["time"], "end_time": run.stop["time"]}.items():
            said = dt.datetime.fromisoformat(entry[name].asstr()[()])
            assert said.utcoffset() is not None
            assert said.timestamp() == pytest.approx(time, abs=1e-5)
        assert entry["duration"].attrs["units"] == "s"
        assert entry["duration"][()] == round(run.stop["time"] - run.start["time"])
        assert entry["title"].asstr()[()] == "A title"
        assert entry["entry_identifier"].asstr()[()] == str(run.start["scan_id"])
        assert entry["entry_identifier_uuid"].asstr()[()] == run.start["uid"]
        assert entry["program_name"].asstr()[()] == "bluesky"
        assert entry["program_name"].attrs["version"] == run.start["versions"]["bluesky"]
        found = {name: json.loads(text.asstr()[()]) for name, text in entry["documents"].items()}
        assert found == json.loads(
            json.dumps(
                {
                    "start": documents.of("start")[0],
                    "stop": documents.of("stop")[0],
                    "descriptors": documents.of("descriptor"),
                }
            )
        )


def test_frames_of_a_count_are_shown_by_time(make_camera, source, record, export):
    run = record(bp.count([make_camera(source)], 3))
    with h5py.File(export(run)) as file:
        data = file["entry/data"]
        assert list(data.attrs["axes"]) == ["time", ".", "."]
        events = [event["time"] for event in run["primary"].rows()[1]]
        np.testing.assert_allclose(data["time"][()] + run.start["time"], events)
        assert data["time"].attrs["units"] == "s"
        begun = file["entry/instrument/camera/start_time"]
        np.testing.assert_allclose(begun[()] + run.start["time"], run["primary"].read_timestamps("camera_image")[:, 0])
        assert dt.datetime.fromisoformat(begun.attrs["start"]).timestamp() == pytest.approx(run.start["time"], abs=1e-5)


def test_several_frames_an_event_keep_their_axis(make_camera, source, expected, record, export):
    run = record(bp.count([make_camera(source, frames_per_point=2)], 3))
    with h5py.File(export(run)) as file:
        images = file["entry/instrument/camera/data"]
        np.testing.assert_array_equal(images, expected(6).reshape(3, 2, 6, 8))
        assert list(file["entry/data"].attrs["axes"]) == ["time", ".", ".", "."]
        assert file["entry/instrument/camera/start_time"].shape == (3, 2)


def test_colours(make_camera, record, export):
    source = NumberedSource((6, 8, 3), "uint8")
    run = record(bp.count([make_camera(source)], 2))
    with h5py.File(export(run)) as file:
        images = file["entry/data/camera_image"]
        assert (images.shape, images.attrs["interpretation"]) == ((2, 6, 8, 3), "rgb-image")
        np.testing.assert_array_equal(images[1], source.expected(1))


def test_a_number_is_shown_where_there_are_no_frames(record, export, motors):
    detector = SynGauss("det", motors[0], "motor1", center=0, Imax=1)
    run = record(bp.scan([detector], motors[0], -1, 1, 5))
    with h5py.File(export(run)) as file:
        data = file["entry/data"]
        assert (data.attrs["signal"], list(data.attrs["axes"])) == ("det", ["motor1"])
        np.testing.assert_array_equal(data["det"], run["primary"]["det"])
        assert file["entry/instrument/det"].attrs["NX_class"] == "NXdetector"
        assert file["entry/instrument/det/data"] == data["det"]
        assert file["entry/instrument/det/configuration/det_Imax"][()] == 1


def test_baseline_and_what_was_monitored(make_camera, source, expected, record, export, motors):
    monitored = bpp.monitor_during_wrapper(bp.count([make_camera(source)], 3), [motors[1].readback])
    run = record(bpp.baseline_wrapper(monitored, [motors[0]]))
    with h5py.File(export(run)) as file:
        streams = file["entry/streams"]
        assert list(streams) == ["baseline", "motor2_monitor", "primary"]
        np.testing.assert_array_equal(streams["baseline/data/motor1"], [0, 0])
        assert streams["baseline/data"].attrs["NX_class"] == "NXdata"
        assert file["entry/instrument/motor1/value"] == streams["baseline/data/motor1"]
        log = file["entry/instrument/motor2"]
        assert log.attrs["NX_class"] == "NXlog"
        assert log["value"] == streams["motor2_monitor/data/motor2"]
        stamps = [event["timestamps"]["motor2"] for event in run["motor2_monitor"].rows()[1]]
        np.testing.assert_allclose(log["time"][()] + run.start["time"], stamps)
        np.testing.assert_array_equal(file["entry/data/camera_image"], expected(3))


def test_darks_stand_beside_the_frames(make_camera, source, expected, record, export):
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for stream in ("dark", "dark", "primary", "primary", "primary"):
            yield from bps.trigger_and_read([camera], name=stream)

    run = record(plan())
    with h5py.File(export(run)) as file:
        dark = file["entry/streams/dark/data"]
        assert (dark.attrs["NX_class"], dark.attrs["signal"]) == ("NXdata", "camera_image")
        np.testing.assert_array_equal(dark["camera_image"], expected(2))
        np.testing.assert_array_equal(file["entry/data/camera_image"], expected(5)[2:])
        assert [name for name in file["entry/instrument"] if "camera" in name] == ["camera"]


def test_a_fly_scan(make_camera, source, expected, record, export):
    run = record(fly([make_camera(source)], 5))
    with h5py.File(export(run)) as file:
        data = file["entry/data"]
        assert (data.attrs["signal"], list(data.attrs["axes"])) == ("camera_image", ["time", ".", "."])
        np.testing.assert_array_equal(data["camera_image"], expected(5))
        begun = run["primary"].read_timestamps("camera_image")[:, 0]
        np.testing.assert_allclose(data["time"][()] + run.start["time"], begun)
        np.testing.assert_array_equal(file["entry/instrument/camera/sequence_number"], [1, 2, 3, 4, 5])


def test_two_cameras(make_camera, record, export, motors):
    sources = NumberedSource((6, 8)), NumberedSource((5, 4), "uint8")
    cameras = [make_camera(source, name=name) for source, name in zip(sources, ("left", "right"), strict=True)]
    run = record(bp.scan(cameras, motors[0], 0, 1, 2))
    with h5py.File(export(run)) as file:
        for source, name in zip(sources, ("left", "right"), strict=True):
            frames = file[f"entry/instrument/{name}/data"]
            assert frames.dtype == source.dtype
            np.testing.assert_array_equal(frames, [source.expected(k) for k in range(2)])
            assert file["entry/data"][f"{name}_image"] == frames
        assert file["entry/data"].attrs["signal"] == "left_image"


def test_pixel_sizes_and_settings(make_camera, record, export):
    source = NumberedSource((6, 8))
    source.pixel_size = (5.5e-6, 3.45e-6)
    run = record(bp.count([make_camera(source)], 1))
    with h5py.File(export(run)) as file:
        camera = file["entry/instrument/camera"]
        assert [camera[f"{axis}_pixel_size"][()] for axis in "yx"] == [5.5e-6, 3.45e-6]
        assert camera["x_pixel_size"].attrs["units"] == "m"
        assert camera["configuration/camera_frames_per_point"][()] == 1


@pytest.mark.parametrize("frames_per_point", [1, *slow(2)])
def test_links(make_camera, source, expected, record, tmp_path, validate, folder, files, frames_per_point):
    run = record(bp.count([make_camera(source, frames_per_point=frames_per_point)], 3))
    (saved,) = files()
    before = saved.read_bytes()
    (path,) = export_nexus(run, tmp_path / "nexus", link=True, progress=False).files
    assert saved.read_bytes() == before
    moved = tmp_path / "moved"
    moved.mkdir()
    shutil.move(folder, moved / folder.name)
    shutil.move(path.parent, moved / path.parent.name)
    there = moved / path.parent.name / path.name
    shape = (3, 6, 8) if frames_per_point == 1 else (3, 2, 6, 8)
    with h5py.File(there) as file:
        assert file["entry/data/camera_image"].is_virtual
        for place in ("data/camera_image", "instrument/camera/data"):
            np.testing.assert_array_equal(
                file["entry"][place], expected(3 * frames_per_point).reshape(shape), err_msg=place
            )
    validate(there)
    shown = nxload(there).plottable_data.nxsignal
    assert shown.shape == shape
    np.testing.assert_array_equal(shown.nxdata, expected(3 * frames_per_point).reshape(shape))


def test_a_file_a_field_or_a_stream(make_camera, source, record, tmp_path, validate, motors):
    run = record(bpp.baseline_wrapper(bp.count([make_camera(source)], 2), [motors[0]]))
    for template, names in {
        "{stream}.nxs": ["baseline.nxs", "primary.nxs"],
        "{start[scan_id]}/{stream}_{field}.nxs": ["1/primary_camera_image.nxs"],
    }.items():
        result = export_nexus(run, tmp_path / "n", template, progress=False)
        assert result.written == len(names)
        assert [str(path.relative_to(tmp_path / "n")) for path in result.files] == names
        for path in result.files:
            validate(path)
    with pytest.raises(FileExistsError):
        export_nexus(run, tmp_path / "n", "{stream}.nxs", progress=False)


def test_what_is_done_to_pixels(make_camera, source, expected, record, export):
    run = record(bp.count([make_camera(source)], 2))
    with h5py.File(export(run, dtype="float32", chunks=(1, 1, 3), compression="gzip")) as file:
        images = file["entry/data/camera_image"]
        assert (images.dtype, images.chunks, images.compression) == (np.float32, (1, 3, 8), "gzip")
        np.testing.assert_array_equal(images, expected(2))


def test_the_same_run_gives_the_same_bytes(make_camera, source, record, tmp_path):
    run = record(bp.count([make_camera(source)], 2))
    names = [export_nexus(run, tmp_path / name, progress=False).files[0] for name in ("one", "other")]
    assert names[0].read_bytes() == names[1].read_bytes()


def test_what_a_beamline_adds(make_camera, source, record, export):
    def add(entry, run):
        beam = entry["instrument"].create_group("source")
        beam.attrs["NX_class"] = "NXsource"
        beam["name"] = f"run {run.start['scan_id']}"

    run = record(bp.count([make_camera(source)], 1))
    with h5py.File(export(run, add=add)) as file:
        assert file["entry/instrument/source/name"].asstr()[()] == "run 1"


@pytest.mark.slow
@pytest.mark.parametrize("front", [OPHYD_ASYNC], indirect=True)
def test_names_of_ophyd_async(make_camera, source, expected, record, export, front):
    run = record(bp.count([make_camera(source, stats=("mean",))], 2))
    with h5py.File(export(run)) as file:
        data = file["entry/data"]
        np.testing.assert_array_equal(data["camera"], expected(2))
        np.testing.assert_allclose(data["camera_mean"], expected(2).mean(axis=(1, 2)))
        assert data["camera_mean"].attrs["name"] == "camera-mean"
