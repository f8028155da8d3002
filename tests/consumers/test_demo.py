"""The demo, as a person starts it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import event_model
import framestore_handlers
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


def test_demo_runs_and_leaves_what_it_says(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "framestore.demo", "--folder", tmp_path],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
        cwd=tmp_path,
    )
    assert "camera_centroid_x" in done.stdout, "the live table"
    assert "has the shape (25, 1, 240, 320) and the dtype uint16" in done.stdout
    assert "Its means equal the camera's own numbers" in done.stdout
    for word in ("frames", "documents", "picture"):
        (path,) = re.findall(rf"^  {word} +(/.*)$", done.stdout, re.MULTILINE)
        assert Path(path).is_file()
    for scan in ("scan_1.jsonl", "scan_2.jsonl"):
        for line in (tmp_path / scan).read_text().splitlines():
            item = json.loads(line)
            event_model.schema_validators[event_model.DocumentNames[item["name"]]].validate(item["doc"])
    picture = np.asarray(Image.open(tmp_path / "scan_2.png"))
    assert picture.shape[0] > 500
    assert picture.max() > 200
    stream = framestore_handlers.load(tmp_path / "scan_2.jsonl")["primary"]
    np.testing.assert_allclose(stream["camera_centroid_x"], 159.5 + 25 * stream["stage_x"] * 0.77, atol=2)
    assert len(framestore_handlers.load(tmp_path / "scan_1.jsonl")["primary"]) == 5


def test_prompt_has_the_names_that_it_promises(tmp_path):
    talk = """
RE(bps.mv(stage.x, 1.5))
result = RE(bp.count([camera], 2))
print("exit:", result.exit_status, stage.x.position, camera.frames_written.get())
print("run:", run["primary"]["camera_image"].shape)
"""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "IPython",
            "--simple-prompt",
            "--no-banner",
            "-i",
            "-m",
            "framestore.demo",
            "--",
            "--folder",
            str(tmp_path),
        ],
        input=talk,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")},
    )
    assert "exit: success 1.5 2" in done.stdout, done.stdout + done.stderr
    assert "run: (25, 1, 240, 320)" in done.stdout


@pytest.mark.parametrize("script", ["debian-packages", "python-environment"])
def test_scripts_are_executable(script):
    assert (ROOT / "scripts" / script).stat().st_mode & 0o111
