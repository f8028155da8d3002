"""``framestore doctor`` as one meets it: what it prints, what it returns, what it leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from slow import slow

from framestore.cli import main
from framestore.cli.doctor import brokers
from framestore.cli.doctor.folder import space

SCRIPT = [str(Path(sys.executable).with_name("framestore"))]
MODULE = [sys.executable, "-m", "framestore.cli"]


def start(command, *arguments, **settings):
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=100, **settings
    )


def one_line(text):
    """Without the line breaks, which depend on the length of paths."""
    return " ".join(text.split())


@pytest.mark.parametrize("command", [SCRIPT, *slow(MODULE)], ids=["script", "module"])
def test_healthy_folder(command, tmp_path):
    done = start(command, "doctor", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    assert re.search(r"^no problems, (no|\d+) notes?$", done.stdout.splitlines()[-1])
    out = one_line(done.stdout)
    for expected in (
        f"Python 3.{sys.version_info.minor}",
        "framestore-handlers",
        "HDF5 ",
        f"folder {tmp_path}",
        "the folder is there and can be written to",
        "frames of 2048x2048 uint16",
        "another process on this machine reads an HDF5 file while it is written",
    ):
        assert expected in out
    assert re.search(r"write speed \d+ MB/s, [\d.]+ frames/s of 2048x2048 uint16 \(128.0 MiB with fsync\)", out)
    assert not list(tmp_path.iterdir())


def test_the_same_as_json(doctor, tmp_path):
    done = doctor(tmp_path, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (told["problems"], told["notes"]) == tuple(
        sum(each["level"] == level for each in told["findings"]) for level in ("problem", "note")
    )
    assert all(set(each) == {"section", "level", "what", "advice"} for each in told["findings"])
    assert all(each["advice"] for each in told["findings"] if each["level"] != "ok"), "it says what to do about it"
    text = one_line(doctor(tmp_path).stdout)
    measured = [each for each in told["findings"] if not each["what"].startswith(("write speed", "not inst"))]
    assert all(one_line(f"{each['level']} {each['what']}") in text for each in measured if "free:" not in each["what"])
    sections = ["versions", "extras", "databroker and Tiled", "camera simulators", f"folder {tmp_path}"]
    assert list(dict.fromkeys(each["section"] for each in told["findings"])) == sections


def test_problems_as_json(doctor, tmp_path):
    (tmp_path / "data").touch()
    done = doctor(tmp_path / "data", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["problems"]) == (1, 1)
    (problem,) = [each for each in told["findings"] if each["level"] == "problem"]
    assert "a file is in the way" in problem["what"]
    assert problem["advice"].startswith("remove it")


def test_current_directory_is_the_default(tmp_path):
    done = start(MODULE, "doctor", cwd=tmp_path)
    assert f"folder {tmp_path}" in done.stdout
    assert done.returncode == 0


def test_fits_into_100_columns_without_colours(tmp_path):
    out = start(MODULE, "doctor", tmp_path).stdout
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out


def test_colours_on_a_terminal(doctor, tmp_path):
    out = doctor(tmp_path, color=True).stdout
    assert click.style("ok     ", fg="green", bold=False) in out


def test_narrow_terminal(doctor, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    out = doctor(tmp_path).stdout
    long = [line for line in out.splitlines() if len(line) > 70]
    assert not [line for line in long if " " in line.split("-> ")[-1].strip()], "only words that are longer stick out"


def test_two_packages_name_one_spec(doctor, tmp_path):
    """area-detector-handlers is there in the tests' environment."""
    out = one_line(doctor(tmp_path).stdout)
    assert "note AD_HDF5 is named by " in out
    assert "framestore_handlers.hdf5:HDF5Handler" in out
    assert "area_detector_handlers.handlers:AreaDetectorHDF5Handler" in out
    assert 'db.register_handler("AD_HDF5", framestore_handlers.HDF5Handler, overwrite=True)' in out


def test_problem_of_the_installation_is_exit_status_1(site, tmp_path):
    site.add("framestore-handlers", "0.9.0")
    done = start(MODULE, "doctor", tmp_path, env={**os.environ, "PYTHONPATH": str(site.folder)})
    assert done.returncode == 1
    out = one_line(done.stdout)
    assert re.search(r"problem framestore 0\.\S+, framestore-handlers 0\.9\.0: these two do not go together", out)
    assert re.search(r"^\d problems?, ", done.stdout.splitlines()[-1])


def test_h5py_that_cannot_be_imported(tmp_path):
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "h5py.py").write_text("raise ImportError('libhdf5.so.310: cannot open shared object file')")
    done = start(MODULE, "doctor", tmp_path, env={**os.environ, "PYTHONPATH": str(modules)})
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "problem  h5py cannot be imported (ImportError: libhdf5.so.310" in done.stdout
    assert "pip install --force-reinstall h5py" in done.stdout
    assert "write speed" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["modules"]


def test_other_commands_are_listed_and_send_to_the_doctor(site):
    (site.folder / "h5py.py").write_text("raise ImportError('libhdf5.so.310: cannot open shared object file')")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site.folder), *sys.path])}
    assert "  verify  Check that each frame" in start(MODULE, "--help", env=environment).stdout
    done = start(MODULE, "verify", "scan.jsonl", env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    said = r"Error: framestore verify cannot be loaded \(libhdf5.so.310.*\); framestore doctor says what is wrong\n"
    assert re.fullmatch(said, done.stderr)


@pytest.mark.parametrize(
    ("module", "name", "check"), [(brokers, "databroker", "databroker"), (space, "free", "free space")]
)
def test_check_that_fails_is_a_problem_and_ends_nothing(doctor, tmp_path, monkeypatch, module, name, check):
    def fail(*arguments):
        raise RuntimeError("metadata are broken")

    monkeypatch.setattr(module, name, fail)
    result = doctor(tmp_path)
    assert result.exit_code == 1
    assert f"problem  the check of {check} failed: RuntimeError: metadata are broken" in result.stdout
    assert "hard links" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 problem, ")


@pytest.mark.parametrize("number", [signal.SIGINT, *slow(signal.SIGTERM, signal.SIGHUP)])
def test_nothing_is_left_when_it_is_told_to_end(tmp_path, number):
    """After the write speed come checks that start another Python: there is time to interrupt them."""
    command = [*MODULE, "doctor", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "write speed" in line:
                process.send_signal(number)
                break
        assert "hard links" not in process.stdout.read()
        assert "Traceback" not in process.stderr.read()
    assert process.returncode
    assert not list(tmp_path.iterdir())


def test_wrong_usage_is_exit_status_2(doctor):
    assert doctor("a", "b").exit_code == 2
    assert doctor("--frobnicate").exit_code == 2


def test_current_directory_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    code = f"import os, sys; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); os.execv(sys.argv[1], sys.argv[1:])"
    gone.mkdir()
    done = start([sys.executable, "-c", code, *MODULE], "doctor")
    assert done.returncode == 2
    assert "the current directory has been removed" in done.stderr


def test_help_says_what_it_does(doctor):
    out = one_line(doctor("--help").stdout)
    assert "FOLDER" in out
    assert "exit status" in out


def test_version():
    result = CliRunner().invoke(main, ["--version"])
    assert re.fullmatch(r"framestore 0\.\d+\..*\n", result.stdout)


def test_import_is_light():
    heavy = ["bluesky", "ophyd", "h5py", "tiled", "dask", "databroker", "framestore_handlers"]
    code = f"import sys, framestore.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert start([sys.executable, "-c", code]).stdout.strip() == "[]"
