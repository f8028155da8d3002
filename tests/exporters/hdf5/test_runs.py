"""Runs of real cameras as HDF5 files, read by h5py and h5dump alone."""

import json
import subprocess

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import h5py
import numpy as np
import pytest
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from ophyd.sim import SynAxis
from rebuilt import documents_of, events_of

from framestore.exporters import export_hdf5
from framestore.formats import HDF5
from framestore.plans import fly

POINTS, FRAMES = 3, 2


@pytest.fixture
def stage_x():
    return SynAxis(name="stage_x")


def taken(run_engine, documents, camera, motor, **metadata):
    run_engine(bp.scan([camera], motor, 0, 1, POINTS), documents, **metadata)
    return documents


def exported(run, tmp_path, **settings):
    (path,) = export_hdf5(run, tmp_path / "exported", **settings).files
    return path


def as_read(documents):
    """What anybody gets of them who has them as JSON: lists where there were tuples."""
    return json.loads(json.dumps(documents))


def test_frames_of_every_kind_of_source_are_there(run_engine, make_camera, documents, tmp_path, way, stage_x):
    camera = make_camera(way.source, name="camera", frames_per_point=FRAMES, **way.settings)
    taken(run_engine, documents, camera, stage_x)

    path = exported(way.load(documents), tmp_path)

    with h5py.File(path) as file:
        frames = file["primary/data/camera_image"]
        expected = np.array([way.expected(k) for k in range(POINTS * FRAMES)])
        assert frames.shape == (POINTS, FRAMES, 8, 16)
        assert frames.dtype == expected.dtype
        assert np.array_equal(frames[:].reshape(expected.shape), expected)


@fronts(OPHYD, OPHYD_DATUM, OPHYD_ASYNC)
def test_nothing_of_the_documents_is_lost(run_engine, make_camera, documents, source, tmp_path, front, stage_x):
    camera = make_camera(source, name="camera")
    plan = bpp.baseline_wrapper(bp.scan([camera], stage_x, 0, 1, POINTS), [stage_x])
    run_engine(plan, documents, sample="Größe", numbers=[1, None])

    path = exported(documents, tmp_path)

    start, descriptors, stop = documents_of(path)
    assert [start, stop] == as_read(documents.of("start", "stop"))
    assert sorted(descriptors, key=str) == sorted(as_read(documents.of("descriptor")), key=str)
    names = {found["uid"]: found["name"] for found in descriptors}
    for name in ("primary", "baseline"):
        emitted = [event for event in documents.of("event") if names[event["descriptor"]] == name]
        assert events_of(path, name) == as_read(emitted)
    assert path.name == "1.h5"
    with h5py.File(path) as file:
        assert dict(file.attrs) == {"creator": "framestore", "uid": start["uid"], "scan_id": 1}


def test_values_have_their_field_and_what_its_data_key_says(
    run_engine, make_camera, documents, source, tmp_path, stage_x
):
    taken(run_engine, documents, make_camera(source, name="camera"), stage_x)

    path = exported(documents, tmp_path)

    with h5py.File(path) as file:
        primary = file["primary"]
        assert primary["data/stage_x"][:].tolist() == [0, 0.5, 1]
        assert dict(primary["data/stage_x"].attrs) == {
            "name": "stage_x",
            "object_name": "stage_x",
            "precision": 3,
            "source": "SIM:stage_x",
            "seq_num": "/primary/seq_num",
        }
        assert primary["data/camera_image"].attrs["object_name"] == "camera"
        assert primary["seq_num"][:].tolist() == [1, 2, 3]
        emitted = documents.of("event")
        assert primary["time"][:].tolist() == [event["time"] for event in emitted]
        assert primary["timestamps/stage_x"][:].tolist() == [event["timestamps"]["stage_x"] for event in emitted]
    (source_file,) = framestore_handlers.load(documents).files()
    with h5py.File(path) as file, h5py.File(source_file) as frames:
        times = frames["entry/instrument/detector/timestamp"][:]
        assert file["primary/timestamps/camera_image"][:].ravel().tolist() == times.tolist()


def test_h5dump_reads_it(run_engine, make_camera, documents, source, tmp_path, stage_x):
    taken(run_engine, documents, make_camera(source, name="camera"), stage_x)

    path = exported(documents, tmp_path)

    command = ["h5dump", "-y", "-w", "0", "-d", "/primary/data/camera_image", "-d", "/documents/start", path]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for k in range(POINTS):
        assert ", ".join(map(str, source.expected(k)[-1])) in text
    assert documents.of("start")[0]["uid"] in text


def test_a_run_that_is_still_being_written(run_engine, make_camera, documents, source, tmp_path, stage_x):
    """The stop document comes before the camera is unstaged: its file is open yet, and has no end."""
    camera = make_camera(source, name="camera", format=HDF5(compression="gzip"))
    paths = []

    def export(name, document):
        documents(name, document)
        if name == "stop":
            paths.append(exported(documents, tmp_path))

    run_engine(bp.scan([camera], stage_x, 0, 1, POINTS), export)

    with h5py.File(paths[0]) as file:
        frames = file["primary/data/camera_image"]
        assert frames.compression == "gzip"
        assert np.array_equal(frames[:, 0], [source.expected(k) for k in range(POINTS)])


def test_rows_behind_the_last_event_have_their_own_numbers(run_engine, make_camera, documents, source, tmp_path):
    camera = make_camera(source, name="camera")
    run_engine(bp.count([camera], 4), documents)
    (last,) = [pair for pair in documents if pair[0] == "event" and pair[1]["seq_num"] == 4]

    path = exported([pair for pair in documents if pair is not last and pair[0] != "stop"], tmp_path)

    with h5py.File(path) as file:
        primary = file["primary"]
        assert primary["seq_num"][:].tolist() == [1, 2, 3]
        assert primary["data/camera_mean"].shape == (3,)
        frames = primary["data/camera_image"]
        assert file[frames.attrs["seq_num"]][:].tolist() == [1, 2, 3, 4]
        assert np.array_equal(frames[:, 0], [source.expected(k) for k in range(4)])
        assert "stop" not in file["documents"]


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_flown_frames_without_events(run_engine, make_camera, documents, source, tmp_path, front):
    run_engine(fly([make_camera(source, name="camera")], 5), documents)

    path = exported(documents, tmp_path)

    (stream,) = {found["name"] for found in documents.of("descriptor")}
    with h5py.File(path) as file:
        frames = file[f"{stream}/data/{front.image('camera')}"]
        assert np.array_equal(frames[:, 0], [source.expected(k) for k in range(5)])
        assert file[frames.attrs["seq_num"]][:].tolist() == [1, 2, 3, 4, 5]
        assert np.isnan(file[f"{stream}/time"][:]).all()


def test_a_run_without_a_point_and_one_without_a_stream(run_engine, make_camera, documents, source, tmp_path):
    camera = make_camera(source, name="camera")

    @bpp.run_decorator()
    def nothing():
        yield from bps.null()

    run_engine(nothing(), documents)
    empty = exported(documents, tmp_path)

    with h5py.File(empty) as file:
        assert list(file) == ["documents"]
        assert json.loads(file["documents/start"][()])["uid"] == documents.of("start")[0]["uid"]

    documents.clear()
    run_engine(bp.count([camera], 1), documents)
    no_event = [pair for pair in documents if pair[0] not in ("event", "stream_datum")]
    with h5py.File(exported(no_event, tmp_path)) as file:
        assert file["primary/data/camera_image"].shape == (0, 1, 5, 7)
        assert file["primary/data/camera_mean"].shape == (0,)
