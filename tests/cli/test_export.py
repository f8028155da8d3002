"""``framestore export``: what it makes of its options, what it prints and returns."""

import json

import h5py
import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from numbered import NumberedSource
from recorded import start

from framestore import exporters
from framestore.cli import main
from framestore.exporters import ExportResult


@pytest.fixture
def export(recorded, moved, tmp_path):
    """Export the first run into a folder."""

    def export(*options, run=None):
        words = ["export", run or recorded.file(0), tmp_path / "out", *moved, *options]
        return CliRunner().invoke(main, list(map(str, words)))

    return export


def frames(count):
    return [NumberedSource().expected(k) for k in range(count)]


def test_a_file_a_frame(export, tmp_path):
    done = export("--format", "tiff", "--field", "tiff_image")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"wrote 2 files into {tmp_path}/out\n", "")
    names = [f"1_primary_tiff_image_0000{number}_0.tiff" for number in (1, 2)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    np.testing.assert_array_equal([tifffile.imread(tmp_path / "out" / name) for name in names], frames(2))


def test_options_reach_the_exporter(export, tmp_path):
    options = ["--stack", "--template", "{stream}/{field}.tif", "--dtype", "uint8", "--clip", "--stream", "primary"]
    done = export("--format", "tiff", *options, "--compression", "zlib", "--json")
    paths = [tmp_path / f"out/primary/{field}.tif" for field in ("hdf5_image", "tiff_image")]
    told = {"files": list(map(str, paths)), "written": 2, "kept": 0, "dry_run": False}
    assert json.loads(done.stdout) == told
    for path in paths:
        np.testing.assert_array_equal(tifffile.imread(path), np.clip(frames(2), 0, 255).astype("uint8"))


def test_each_option_is_an_argument_only_when_it_is_given(export, monkeypatch, tmp_path):
    def exported(
        run, directory, *, subtract=None, subtraction=None, scale=None, workers=1, scheduler=None, fields=None
    ):
        calls.append((run.start["scan_id"], directory, subtract, subtraction, scale, workers, scheduler, fields))
        return ExportResult(files=())

    calls = []
    monkeypatch.setattr(exporters, "export_tiff", exported)
    options = ["--subtract=dark", "--subtraction=widen", "--scale", 1, 2.5, "--workers=3", "--scheduler=tcp://a:1"]
    assert export("--format=tiff", *options, "--field=a", "--field=b").exit_code == 0
    assert export("--format=tiff").exit_code == 0
    assert calls == [
        (1, tmp_path / "out", "dark", "widen", (1.0, 2.5), 3, "tcp://a:1", ("a", "b")),
        (1, tmp_path / "out", None, None, None, 1, None, None),
    ]


def test_scale(export, tmp_path):
    assert export("--format=tiff", "--stack", "--scale", 0, 65535, "--dtype=uint8", "--field=hdf5_image").exit_code == 0
    expected = np.rint(np.array(frames(2)) * (255 / 65535)).astype("uint8")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out/1_primary_hdf5_image.tiff"), expected)


def test_dry_run_lists_and_writes_nothing(export, tmp_path):
    done = export("--format=tiff", "--field=hdf5_image", "--dry-run")
    assert done.stdout.splitlines() == [f"{tmp_path}/out/1_primary_hdf5_image_0000{number}_0.tiff" for number in (1, 2)]
    assert not (tmp_path / "out").exists()


def test_files_that_are_there(export, tmp_path):
    assert export("--format=tiff").exit_code == 0
    done = export("--format=tiff")
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "1_primary_hdf5_image_00001_0.tiff" in line
    assert "or say --overwrite to replace them" in line
    assert export("--format=tiff", "--overwrite").exit_code == 0


def test_frames_that_are_gone(export, recorded, tmp_path):
    for path in (recorded.folder / "frames").glob("*.tiff"):
        path.unlink()
    done = export("--format=tiff")
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: the documents name ")
    assert "not there" in line
    assert "load(" not in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format=png"], "'png' is not one of 'tiff', 'hdf5', 'nexus'"),
        (["--format=tiff", "--link"], "--link does not go with --format tiff"),
        (["--format=hdf5", "--stack"], "--stack does not go with --format hdf5"),
        (["--format=tiff", "--workers=0"], "0 is not in the range"),
        (["--format=tiff", "--dtype=uint8"], "uint8 does not hold all values of uint16; say --clip to set"),
        (["--format=tiff", "--subtract=dark", "--subtraction=cut"], "'cut' is not one of 'saturate', 'widen'"),
        (["--format=hdf5", "--chunks=a"], "'a' is not a number"),
        (["--format=tiff", "--dtype=nonsense"], "nonsense"),
        (["--format=tiff", "--stream=dark"], "dark"),
        (["--format=tiff", "--field=x"], "x"),
        (["--format=tiff", "--template={start[nobody]}"], "there is no 'nobody' in"),
        (["--format=tiff", "--template=same.tiff"], "same.tiff"),
        (["--format=tiff", "--uid=nobody"], "no run|0 runs"),
    ],
)
def test_refusals_are_exit_status_2(export, tmp_path, options, message):
    done = export(*options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert any(each in done.stderr for each in message.split("|"))
    assert not (tmp_path / "out").exists()


def test_several_runs(export, recorded):
    done = export("--format=tiff", run=recorded.documents)
    assert done.exit_code == 2
    assert "name one with --uid, out of: " in done.stderr
    assert export("--format=tiff", f"--uid={recorded.uids[1]}", run=recorded.documents).exit_code == 0


@pytest.mark.parametrize("format_", ["hdf5", "nexus"])
def test_files_of_a_run(export, tmp_path, format_):
    options = [f"--format={format_}", "--field=hdf5_image", "--template=a.h5"]
    assert export(*options, "--dry-run").stdout == f"{tmp_path}/out/a.h5\n"
    for more, virtual in ((["--link"], True), (["--chunks=2,1,5", "--compression=gzip", "--overwrite"], False)):
        done = export(*options, *more)
        assert (done.exit_code, done.stderr) == (0, "")
        found = []
        with h5py.File(tmp_path / "out/a.h5") as file:
            file.visititems(lambda _, item: found.append(item) if getattr(item, "ndim", 0) > 2 else None)  # noqa: B023
            (dataset,) = {item.id: item for item in found}.values()
            assert (dataset.is_virtual, dataset.compression) == (virtual, None if virtual else "gzip")
            np.testing.assert_array_equal(np.reshape(dataset[()], (2, 5, 7)), frames(2))


@pytest.mark.slow
def test_the_installed_command_with_processes(recorded, moved, tmp_path):
    options = ["--format", "tiff", "--workers", 2]
    done = start("framestore", "export", recorded.file(1), tmp_path / "out", *moved, *options)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"wrote 6 files into {tmp_path}/out\n", "")
