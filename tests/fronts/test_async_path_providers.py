"""Path providers of ophyd-async in our camera, and ours in a detector of theirs."""

import uuid
from datetime import date
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import numpy as np
import ophyd_async.core as theirs
import pytest
from bluesky.utils import FailedStatus
from numbered import NumberedSource
from ophyd_async.core import TriggerInfo, init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector

import framestore.paths as ours
from framestore.ophyd_async import Camera


def filled(documents):
    return framestore_handlers.load(documents)["primary"]["camera"].compute()


def paths(documents):
    return [Path(doc["uri"].removeprefix("file://localhost")) for doc in documents.of("stream_resource")]


DAY = date.today().strftime("%Y/%m/%d")  # noqa: DTZ011 - as theirs do

PROVIDERS = {
    "static": (lambda folder: theirs.StaticPathProvider(theirs.StaticFilenameProvider("one"), folder), "one.h5"),
    "increment": (
        lambda folder: theirs.StaticPathProvider(theirs.AutoIncrementFilenameProvider("scan", 3), folder),
        "scan_000.h5",
    ),
    "folders": (
        lambda folder: theirs.AutoIncrementingPathProvider(
            theirs.StaticFilenameProvider("one"), folder, create_dir_depth=-1
        ),
        "camera_00000/one.h5",
    ),
    "highest": (
        lambda folder: theirs.AutoMaxIncrementingPathProvider(
            theirs.StaticPathProvider(theirs.StaticFilenameProvider("one"), folder)
        ),
        "0000_one/one.h5",
    ),
    "day": (
        lambda folder: theirs.YMDPathProvider(theirs.StaticFilenameProvider("one"), folder, create_dir_depth=-4),
        f"camera/{DAY}/one.h5",
    ),
    "day first": (
        lambda folder: theirs.YMDPathProvider(
            theirs.StaticFilenameProvider("one"), folder, create_dir_depth=-4, datakey_name_as_base_dir=True
        ),
        f"{DAY}/camera/one.h5",
    ),
    "string": (lambda folder: theirs.StaticPathProvider(theirs.StaticFilenameProvider("one"), str(folder)), "one.h5"),
}


@pytest.mark.parametrize("kind", PROVIDERS)
def test_each_of_theirs(run_engine, make_async_camera, documents, tmp_path, kind, source):
    make, expected = PROVIDERS[kind]
    camera = make_async_camera(source, path_provider=make(tmp_path))
    run_engine(bp.count([camera], 2), documents)
    assert paths(documents) == [tmp_path / expected]
    assert (tmp_path / expected).is_file()
    np.testing.assert_array_equal(filled(documents)[:, 0], [source.expected(k) for k in range(2)])


def test_one_with_unique_names(run_engine, make_async_camera, documents, tmp_path, source):
    namespace = [uuid.NAMESPACE_URL, "camera"]
    where = theirs.StaticPathProvider(theirs.UUIDFilenameProvider(uuid.uuid5, namespace), tmp_path)
    run_engine(bp.count([make_async_camera(source, path_provider=where)]), documents)
    assert paths(documents) == [tmp_path / f"{uuid.uuid5(*namespace)}.h5"]


def test_a_uri_of_its_own_stands_in_the_documents(run_engine, make_async_camera, documents, tmp_path, source):
    where = theirs.StaticPathProvider(
        theirs.StaticFilenameProvider("one"), tmp_path, directory_uri="file://server/share/data"
    )
    run_engine(bp.count([make_async_camera(source, path_provider=where)]), documents)
    assert [doc["uri"] for doc in documents.of("stream_resource")] == ["file://server/share/data/one.h5"]
    assert (tmp_path / "one.h5").is_file()


def test_it_is_asked_once_a_run_and_not_at_stage(run_engine, make_async_camera, tmp_path, source):
    asked = []

    class Name(theirs.AutoIncrementFilenameProvider):
        def __call__(self, datakey_name=None):
            asked.append(datakey_name)
            return super().__call__(datakey_name)

    camera = make_async_camera(source, path_provider=theirs.StaticPathProvider(Name("scan"), tmp_path))

    def plan():
        yield from bps.stage(camera, wait=True)
        assert not asked
        yield from bp.count([camera], 3)
        yield from bp.count([camera], 3)

    run_engine(plan())
    assert asked == ["camera"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan_00000.h5", "scan_00001.h5"]


def test_a_folder_that_may_not_be_made(run_engine, make_async_camera, tmp_path, source):
    where = theirs.YMDPathProvider(theirs.StaticFilenameProvider("one"), tmp_path / "none", create_dir_depth=-4)
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([make_async_camera(source, path_provider=where)]))
    assert isinstance(raised.value.__cause__, FileNotFoundError)
    assert "none" in str(raised.value.__cause__)


def blob(where):
    pattern = PatternGenerator()
    pattern._period = 0
    with init_devices():
        camera = SimBlobDetector(where, pattern)
    return camera  # noqa: RET504 - it is named after the variable


OURS = {
    "static": lambda folder: ours.StaticPathProvider(ours.UUIDFilenameProvider(), folder),
    "increment": lambda folder: ours.StaticPathProvider(ours.AutoIncrementFilenameProvider("scan"), folder),
    "folders": lambda folder: ours.AutoIncrementingPathProvider(ours.UUIDFilenameProvider(), folder),
    "day": lambda folder: ours.DatedPathProvider(ours.UUIDFilenameProvider(), folder),
}


@pytest.mark.parametrize("kind", ["static", *(pytest.param(k, marks=pytest.mark.slow) for k in list(OURS)[1:])])
def test_ours_in_their_detector(run_engine, documents, tmp_path, kind):
    (tmp_path / DAY).mkdir(parents=True)  # their detector makes no folders
    camera = blob(OURS[kind](tmp_path))

    def plan():
        yield from bps.prepare(camera, TriggerInfo(livetime=1e-3), wait=True)
        yield from bps.trigger_and_read([camera])

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [camera]), documents)
    uris = {doc["uri"] for doc in documents.of("stream_resource")}
    assert len(uris) == 1
    assert Path(uris.pop().removeprefix("file://localhost")).is_file()


def test_one_provider_for_their_detector_and_our_camera(run_engine, documents, tmp_path):
    where = theirs.StaticPathProvider(theirs.AutoIncrementFilenameProvider("scan"), tmp_path)
    theirs_one = blob(where)
    with init_devices():
        ours_one = Camera(NumberedSource(), where)

    def plan():
        yield from bps.prepare(theirs_one, TriggerInfo(livetime=1e-3), wait=True)
        yield from bps.trigger_and_read([theirs_one, ours_one])

    run_engine(bpp.stage_wrapper(bpp.run_wrapper(plan()), [theirs_one, ours_one]), documents)
    data = documents.of("descriptor")[0]["data_keys"]
    assert {"ours_one", "ours_one-mean", "camera", "camera-sum"} <= set(data)
    assert len({doc["uri"] for doc in documents.of("stream_resource")}) == 2
