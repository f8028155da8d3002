"""The beamline at the prompt: lines are typed into a real one, and what it answers is read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import framestore_handlers
import numpy as np
import pytest
import tifffile
from PIL import Image

REFERENCE = """
stage.x.name
await stage.x.read()
RE(bps.rd(stage.x))
RE(bps.mv(stage.x, 1.5))
RE(bps.rd(stage.x))
RE(bps.mv(stage.x.velocity, 1000, stage.y.velocity, 1000))
RE(bp.grid_scan([pdet], stage.x, 1, 2, 3, stage.y, 2, 3, 3))
RE(bp.grid_scan([camera], stage.x, 1, 2, 3, stage.y, 2, 3, 3))
"""
"""The lines of ophyd-async's tutorial "Using Devices", with our camera for its own."""
OURS = """
RE(bps.mv(stage.x, 50))
str(find_peak(load()))
load()["primary"][[key for key in load()["primary"] if load()["primary"].is_external(key)][0]].shape
str(export_tiff(load(), path_provider("camera").directory_path, stack=True).files[0])
"""
TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/simulated-beamline.md"
IPYTHON = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor", "-i", "-m"]
PYTHON = [sys.executable, "-i", "-m"]


def talk(command, lines, folder):
    """What is answered to lines that are typed at a prompt."""
    environment = {"HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": "agg", "COLUMNS": "80"}
    done = subprocess.run(
        [*command, "--folder", folder],
        input=lines,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=100,
        cwd=folder,
        env=os.environ | environment,
    )
    return done.stdout


def look_at(answers, folder, separator):
    """Whether each line was answered as the tutorial prints it, and what there is to see beyond that."""
    x, y = f"stage{separator}x", f"stage{separator}y"
    assert f"'{x}'" in answers
    assert re.search(rf"'{x}'[:,] \{{'value': 0.0,\s+'timestamp'", answers)
    assert re.search(r"RunEngineResult\(run_start_uids=\(\), plan_result=0.0, exit_status='success'", answers)
    assert re.search(r"RunEngineResult\(run_start_uids=\(\), plan_result=1.5, exit_status='success'", answers)
    assert re.search(rf"{x}: +\d+%\|.*/1.5 \[.*mm", answers), "the progress of a move"
    assert len(re.findall(r"^\| +[1-9] \|", answers, re.MULTILINE)) == 18, "two tables of 9 lines"
    assert f"camera{separator}mean" in answers
    assert f"{x} cannot go to 50 mm: its limits are -10 to 10 mm" in answers
    assert len(re.findall(rf"{x} = 1\.\d+ mm, {y} = 2\.\d+ mm", answers)) == 2, "told after the scan, and asked for"
    assert "(9, 1, 240, 320)" in answers
    assert re.search(rf"{folder}/.*/2_primary_camera(_image)?\.tiff", answers)
    assert np.asarray(Image.open(folder / "scan_2.png").convert("L")).std() > 10
    primary = framestore_handlers.load(folder / "scan_1.jsonl")["primary"]
    channels = [key for key in primary if key.startswith("pdet")]
    assert len(channels) == 3
    assert all(np.ptp(primary[channel]) > 0 for channel in channels)


def conversation(page):
    """What a page has typed at the prompt of IPython, and what it shows as the answer to each."""
    blocks = re.findall(r"^```text\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    found = re.findall(r"^In \[\d+\]: (.*?)\n(.*?)(?=^In \[|\Z)", "".join(blocks), re.MULTILINE | re.DOTALL)
    return [line for line, _ in found], [answer for _, answer in found]


def is_answered(shown, answer):
    """Whether an answer is what the page shows, where it shows more than ..., but for white space."""
    pattern = r".*?".join(re.escape(part) for part in "".join(shown.split()).split("..."))
    return re.fullmatch(pattern, "".join(answer.split()), re.DOTALL)


def test_tutorial_tells_what_is_answered(tmp_path):
    lines, shown = conversation(TUTORIAL)
    assert set(lines) >= set(REFERENCE.split("\n")[1:-1])
    answers = talk([*IPYTHON, "framestore.demo"], "\n".join(lines) + "\n", tmp_path)
    answered = re.split(r"^In \[\d+\]: ", answers, flags=re.MULTILINE)[1:-1]
    assert len(answered) == len(shown) == len(lines)
    for line, expected, answer in zip(lines, shown, answered, strict=True):
        assert is_answered(expected, answer), f"{line}\n{expected}\n{answer}"
    assert np.asarray(Image.open(tmp_path / "scan_2.png").convert("L")).std() > 10
    assert tifffile.imread(*tmp_path.rglob("2_primary_camera.tiff")).shape == (9, 240, 320)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["--framework", "ophyd-async"], ["--", "--framework", "ophyd-async"]], ids=" ".join
)
def test_tutorial_of_ophyd_async_line_by_line(arguments, tmp_path):
    answers = talk([*IPYTHON, "framestore.demo", *arguments], REFERENCE + OURS, tmp_path)
    assert "made with ophyd-async" in answers
    look_at(answers, tmp_path, "-")


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--framework", "ophyd"], ["--", "--framework=ophyd"]], ids=" ".join)
def test_the_same_lines_with_ophyd(arguments, tmp_path):
    lines = (REFERENCE + OURS).replace("await ", "")
    answers = talk([*IPYTHON, "framestore.demo", *arguments], lines, tmp_path)
    look_at(answers, tmp_path, "_")


@pytest.mark.slow
@pytest.mark.parametrize(("framework", "separator"), [("ophyd", "_"), ("ophyd-async", "-")])
def test_prompt_of_python_itself(framework, separator, tmp_path):
    by_hand = {"ophyd": "", "ophyd-async": "from bluesky.run_engine import call_in_bluesky_event_loop as wait\n"}
    read = {"ophyd": "stage.x.read()", "ophyd-async": "wait(stage.x.read())"}[framework]
    lines = by_hand[framework] + (REFERENCE + OURS).replace("await stage.x.read()", read)
    answers = talk([*PYTHON, "framestore.demo", "--framework", framework], lines, tmp_path)
    look_at(answers, tmp_path, separator)
