"""Each run with images is exported when it has ended: before the RunEngine goes on, or beside it."""

import subprocess
import sys
import threading
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from ophyd.sim import det

from framestore.callbacks import ExportOnStop
from framestore.exporters import export_hdf5, export_nexus, export_tiff


@pytest.fixture
def family():
    """Of the documents, where it makes no difference."""
    return "stream"


def export_means(run, directory, *, progress=True, suffix=".txt"):
    """Writes the mean of each point into a file."""
    assert not progress
    (stream,) = (run[name] for name in run)
    (key,) = (key for key in stream if stream.is_external(key))
    path = Path(directory) / f"{run.start['scan_id']}{suffix}"
    np.savetxt(path, stream.read(key).mean(axis=(1, 2, 3)))
    return path


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
@pytest.mark.parametrize("background", [False, True], ids=["at once", "in the background"])
def test_a_run_is_exported_when_it_has_ended(run_engine, make_camera, tmp_path, front, background):
    source = NumberedSource()
    exporter = ExportOnStop(export_means, tmp_path, background=background, suffix=".csv")
    run_engine.subscribe(exporter)
    camera = make_camera(source)
    for _ in range(2):
        run_engine(bp.count([camera], 3))
        exporter.wait(60)
    assert exporter.results == [tmp_path / "2.csv"], "of the last run"
    for scan, first in ((1, 0), (2, 3)):
        means = [source.expected(k).mean() for k in range(first, first + 3)]
        np.testing.assert_allclose(np.loadtxt(tmp_path / f"{scan}.csv"), means)


def images_in(path):
    """The images of a file, whatever they are called in it: (frames, height, width)."""
    if path.suffix == ".tiff":
        return tifffile.imread(path)
    found = []

    def look(_, item):
        if isinstance(item, h5py.Dataset) and item.shape[-2:] == (5, 7):
            found.append(item[:].reshape(-1, 5, 7))

    with h5py.File(path) as file:
        file.visititems(look)
    return found[0]


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
@pytest.mark.parametrize("background", [False, True], ids=["at once", "in the background"])
@pytest.mark.parametrize(
    ("export", "options"),
    [
        (export_hdf5, {}),
        pytest.param(export_hdf5, {"link": True}, marks=pytest.mark.slow),
        pytest.param(export_nexus, {}, marks=pytest.mark.slow),
        pytest.param(export_tiff, {"stack": True}, marks=pytest.mark.slow),
    ],
    ids=["hdf5", "hdf5 links", "nexus", "tiff stack"],
)
def test_every_exporter_reads_the_files_that_the_camera_still_has_open(
    run_engine, make_camera, tmp_path, front, background, export, options
):
    source = NumberedSource()
    exporter = ExportOnStop(export, tmp_path / "out", background=background, **options)
    run_engine(bp.count([make_camera(source, frames_per_point=2)], 3), exporter)
    exporter.wait(60)
    assert not exporter.errors
    (path,) = exporter.results[0].files
    np.testing.assert_array_equal(images_in(path), [source.expected(k) for k in range(6)])


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
def test_a_run_that_failed_is_exported_as_far_as_it_came(run_engine, make_camera, documents, tmp_path, front):
    source = NumberedSource()
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for _ in range(2):
            yield from bps.trigger_and_read([camera])
        raise OSError("of the plan")

    exporter = ExportOnStop(export_tiff, tmp_path, template="{event[seq_num]}.tiff")
    with pytest.raises(OSError, match="of the plan"):
        run_engine(plan(), [exporter, documents])
    assert documents.of("stop")[0]["exit_status"] == "fail"
    assert exporter.results[0].files == (tmp_path / "1.tiff", tmp_path / "2.tiff")
    for k, path in enumerate(exporter.results[0].files):
        np.testing.assert_array_equal(tifffile.imread(path), source.expected(k))


def test_a_run_that_is_delivered_once_more_has_the_result_that_it_had(engine, camera, documents, tmp_path):
    """As Kafka may do it."""
    engine(bp.count([camera], 2))
    exporter = ExportOnStop(export_tiff, tmp_path / "out")
    results = []
    for _ in range(3):
        for name, doc in documents:
            exporter(name, doc)
        results += exporter.results
        if len(results) == 2:  # and what was removed is written again
            (kept,) = {result.files for result in results}
            for path in kept:
                path.unlink()
    assert exporter.errors == []
    assert [result.files for result in results] == [kept] * 3
    assert all(path.exists() for path in kept)
    of_another = ExportOnStop(export_tiff, tmp_path / "out")
    for name, doc in documents:
        of_another(name, doc)
    assert [type(error) for error in of_another.errors] == [FileExistsError]


def test_a_run_without_images_is_not(engine, tmp_path):
    exporter = ExportOnStop(export_means, tmp_path)
    engine(bp.count([det], 3), exporter)
    assert exporter.results == exporter.errors == []


def test_the_run_engine_goes_on_while_it_exports_in_the_background(engine, camera, tmp_path):
    may_end = threading.Event()

    def export(run, directory):
        assert may_end.wait(60)
        return export_means(run, directory, progress=False)

    exporter = ExportOnStop(export, tmp_path, background=True)
    engine(bp.count([camera], 2), exporter)
    engine(bp.count([camera], 2), exporter)
    assert exporter.results == []
    with pytest.raises(TimeoutError):
        exporter.wait(0.01)
    may_end.set()
    exporter.wait(60)
    assert exporter.results == [tmp_path / "1.txt", tmp_path / "2.txt"]


@pytest.mark.parametrize("background", [False, True], ids=["at once", "in the background"])
def test_what_fails_is_told_of_and_the_next_is_exported(engine, camera, tmp_path, capsys, background):
    exporter = ExportOnStop(export_means, tmp_path / "new", background=background)
    engine(bp.count([camera], 2), exporter)
    exporter.wait(60)
    assert "ExportOnStop(export_means) failed once in run " in (told := capsys.readouterr().err)
    assert "FileNotFoundError: " in told
    assert str(tmp_path / "new/1.txt") in told
    assert [type(error) for error in exporter.errors] == [FileNotFoundError]
    (tmp_path / "new").mkdir()
    engine(bp.count([camera], 2), exporter)
    exporter.wait(60)
    assert exporter.results == [tmp_path / "new/2.txt"]
    assert exporter.errors == []


def test_an_error_that_is_the_cause_of_its_own_cause_does_not_hold_up_the_run(engine, camera, tmp_path):
    """As one that is raised again where another was made of it."""

    def export(run, directory):
        error, other = OSError("first"), ValueError("second")
        error.__cause__, other.__cause__ = other, error
        raise error

    exporter = ExportOnStop(export, tmp_path)
    engine(bp.count([camera], 1), exporter)
    assert [str(error) for error in exporter.errors] == ["first"]


def test_what_fails_can_be_raised(engine, camera, tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        engine(bp.count([camera], 2), ExportOnStop(export_means, tmp_path / "new", on_error="raise"))
    assert raised.value.__notes__[0].startswith("ExportOnStop(export_means), run ")
    exporter = ExportOnStop(export_means, tmp_path / "new", background=True, on_error="raise")
    engine(bp.count([camera], 2), exporter)
    with pytest.raises(FileNotFoundError):
        exporter.wait(60)


def test_options_that_the_export_does_not_take_are_refused_at_once(tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'overwrite'"):
        ExportOnStop(export_means, tmp_path, overwrite=True)
    with pytest.raises(ValueError, match="on_error must be 'report' or 'raise'"):
        ExportOnStop(export_means, tmp_path, on_error=None)


def test_a_process_ends_when_all_is_exported(tmp_path):
    script = """
        import concurrent.futures.thread, sys, threading
        from pathlib import Path
        from framestore.callbacks import ExportOnStop

        def export(run, directory):
            while not concurrent.futures.thread._shutdown:  # until the interpreter ends
                threading.Event().wait(0.01)
            Path(directory, run.start["uid"]).touch()

        exporter = ExportOnStop(export, sys.argv[1], background=True)
        for uid in "abc":
            exporter("start", {"uid": uid, "time": 0.0})
            keys = {"image": {"shape": [2, 2]}}
            exporter("descriptor", {"uid": "d" + uid, "run_start": uid, "name": "primary", "data_keys": keys})
            exporter("stop", {"uid": "s" + uid, "run_start": uid})
    """
    lines = "\n".join(line[8:] for line in script.splitlines())
    subprocess.run([sys.executable, "-c", lines, tmp_path], check=True, timeout=100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


@fronts(OPHYD_DATUM)
def test_events_that_a_filler_has_filled(run_engine, make_camera, documents, tmp_path, front):
    source = NumberedSource()
    camera = make_camera(source)
    run_engine(bp.count([camera], 3), documents)
    front.unstage(camera)
    exporter = ExportOnStop(export_tiff, tmp_path, stack=True)
    with event_model.Filler(framestore_handlers.handler_registry, inplace=False) as filler:
        for name, doc in documents:
            exporter(*filler(name, doc))
    assert exporter.errors == []
    np.testing.assert_array_equal(tifffile.imread(exporter.results[0].files[0]), [source.expected(k) for k in range(3)])
