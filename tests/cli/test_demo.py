"""``framestore demo``: what it starts, and that a prompt comes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from framestore.cli import demo, main


@pytest.fixture
def started(monkeypatch):
    """What the command starts in its own place."""

    def called(*arguments):
        commands = []
        monkeypatch.setattr(os, "execv", lambda _, command: commands.append(command))
        done = CliRunner().invoke(main, ["demo", *arguments])
        return done, commands

    return called


def test_ipython_at_the_prompt(started):
    done, commands = started("--framework", "ophyd", "--folder", "/data")
    assert done.exit_code == 0
    ipython = [sys.executable, "-m", "IPython", "-i", "-m", "framestore.demo", "--"]
    assert commands == [[*ipython, "--framework", "ophyd", "--folder", "/data"]]


def test_python_where_ipython_is_not_installed(started, monkeypatch):
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert started()[1] == [[sys.executable, "-i", "-m", "framestore.demo"]]


def test_walk(started):
    assert started("--walk", "--reader", "/usr/bin/python3")[1] == [
        [sys.executable, "-m", "framestore.demo", "--reader", "/usr/bin/python3"]
    ]


@pytest.mark.parametrize("arguments", [["--reader", "python3"], ["--framework", "tango"], ["x"]])
def test_wrong_usage_is_exit_status_2(started, arguments):
    done, commands = started(*arguments)
    assert (done.exit_code, commands) == (2, [])


def test_a_package_that_is_missing(tmp_path):
    code = "import sys; sys.modules['matplotlib'] = None; from framestore.cli import main; main(['demo'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*matplotlib.*pip install 'framestore\[demo\]'\n", done.stderr)


@pytest.mark.slow
def test_the_prompt_comes(tmp_path):
    script = Path(sys.executable).with_name("framestore")
    environment = {"HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython"), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [script, "demo", "--folder", tmp_path / "data"],
        input="RE(bp.count([camera]))\nload().start['scan_id']\nexit(3)\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=os.environ | environment,
    )
    assert "A simulated beamline, made with ophyd-async." in done.stdout
    assert re.search(r"Out\[2\]: \S*1", done.stdout), "IPython answers"
    assert (tmp_path / "data/scan_1.jsonl").exists()
