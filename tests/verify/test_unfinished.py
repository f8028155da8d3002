"""Runs that go on, and runs whose camera was killed: what was acknowledged is there, whole and readable."""

import warnings

import framestore_handlers
import pytest
from bluesky.plans import count
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from slow import slow
from taking import Job, killed

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr

SETTINGS = {
    "hdf5": HDF5(),
    "tiff_stack": TIFFStack(),
    "zarr": Zarr(),
    "png": PNG(),
    "tiff": TIFF(),
    "jpeg": JPEG(),
    "compressed hdf5": HDF5(compression="gzip"),
    "hdf5 with checksums": HDF5(checksum="xxh3"),
    "sharded zarr": Zarr(shard=True, checksum="xxh3"),
}


OPEN = ("hdf5", "tiff_stack", "sharded zarr")
"""Formats whose files are open for writing as long as a camera is staged."""


@pytest.mark.parametrize("name", [*OPEN, *slow("png", "tiff", "zarr", "compressed hdf5")])
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_run_that_goes_on(run_engine, make_camera, documents, name, front):
    """After each event; its file is open for writing then, and more frames may be in it than are promised."""
    source = NumberedSource((16, 24), "uint8")
    camera = make_camera(source, format=SETTINGS[name], frames_per_point=2, stats=(), hints=())
    seen = []

    def look(kind, doc):
        documents(kind, doc)
        if kind == "event":
            reports = [framestore_handlers.verify(documents.pairs, deep=deep) for deep in (False, True)]
            seen.append([(report.ok, report.frames, len(report.findings)) for report in reports])

    run_engine(count([camera], 4), look)
    assert seen == [[(True, 2 * events, 1)] * 2 for events in range(1, 5)]


def test_a_run_that_is_watched(run_engine, make_camera, documents):
    """Each snapshot of a run that goes on."""
    camera = make_camera(NumberedSource((16, 24), "uint8"), stats=(), hints=())
    run_engine(count([camera], 3), documents)
    runs = list(framestore_handlers.load(iter(documents.pairs), live=True))
    assert all(framestore_handlers.verify(run).ok for run in runs)


@pytest.mark.parametrize("job", [{}, *slow({"fly": True}, {"documents": "datum"})], ids=str)
@pytest.mark.parametrize("name", ["hdf5 with checksums", *slow(*sorted(set(SETTINGS) - {"hdf5 with checksums"}))])
def test_a_camera_that_is_killed(tmp_path, name, job):
    left = killed(Job(folder=tmp_path, settings=SETTINGS[name], frames_per_point=2, **job), 15, 500)
    assert left.documented
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", framestore_handlers.CutFileWarning)
        reports = [framestore_handlers.verify(tmp_path / "run.jsonl", deep=deep) for deep in (False, True)]
    for report in reports:
        assert report.ok, str(report)
        assert report.frames >= 2 * left.documented
        assert [finding.kind for finding in report.findings] == ["note"]
    assert reports[1].checksums == (report.frames if SETTINGS[name].checksum else 0)
    next(path for path in sorted((tmp_path / "frames").iterdir()) if path.name[0] != ".").rename(tmp_path / "x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", framestore_handlers.CutFileWarning)
        assert not framestore_handlers.verify(tmp_path / "run.jsonl")
