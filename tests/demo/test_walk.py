"""``python -m framestore.demo``, as ``make demo`` starts it."""

import json
import subprocess
import sys
from pathlib import Path

import event_model
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image
from slow import slow

ROOT = Path(__file__).parents[2]


def walk(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "framestore.demo", "--folder", folder, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=folder,
    )


@pytest.mark.parametrize("framework", ["ophyd", *slow("ophyd-async")])
def test_walk_shows_checks_and_leaves_what_it_says(framework, tmp_path):
    done = walk(tmp_path, "--framework", framework)
    assert done.returncode == 0, done.stdout + done.stderr
    x, image = {"ophyd": ("stage_x", "camera_image"), "ophyd-async": ("stage-x", "camera")}[framework]
    for shown in (
        f">>> stage.x.name\n{x}\n",
        f"{x} cannot go to 50 mm: its limits are -10 to 10 mm",
        f"{x} = 1.4",
        ">>> RE(bp.grid_scan([camera], stage.x, 1, 2, 3, stage.y, 2, 3, 3))\n",
        f"run['primary']['{image}'] is lazy: dask.array<",
        "Its means equal the camera's own numbers",
        "All as it should be.",
    ):
        assert shown in done.stdout
    assert f"{x}: 100%|" in done.stdout, "the progress of a move"
    assert "DIFFERS" not in done.stdout
    for scan in ("scan_1.jsonl", "scan_2.jsonl"):
        for line in (tmp_path / scan).read_text().splitlines():
            item = json.loads(line)
            event_model.schema_validators[event_model.DocumentNames[item["name"]]].validate(item["doc"])
    (file,) = tmp_path.glob("*.h5")
    with h5py.File(file) as opened:
        frames = opened["entry/data/data"][:]
    with tifffile.TiffFile(*tmp_path.glob("2_primary_*.tiff")) as tiff:
        np.testing.assert_array_equal(tiff.asarray(), frames)
        run = framestore_handlers.load(tmp_path / "scan_2.jsonl")
        assert json.loads(tiff.pages[0].description)["uid"] == run.start["uid"]
    for picture in ("scan_1_plots.png", "scan_2_plots.png", "scan_2.png"):
        assert np.asarray(Image.open(tmp_path / picture).convert("L")).std() > 10
    assert not (tmp_path / "scan_1.png").exists(), "the point detector has no images"


@pytest.mark.slow
def test_reader_that_fails_fails_the_walk(tmp_path):
    done = walk(tmp_path, "--framework", "ophyd", "--reader", "/bin/false")
    assert done.returncode == 1
    assert "DIFFERS: another process read the same frames" in done.stdout
    assert "1 of the walk's results differ: another process read the same frames" in done.stderr


@pytest.mark.parametrize("script", ["debian-packages", "python-environment"])
def test_scripts_are_executable(script):
    assert (ROOT / "scripts" / script).stat().st_mode & 0o111
