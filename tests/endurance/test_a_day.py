"""A process that has taken frames for a day holds no more than one that has just begun."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

MUCH = 4 * 2**20
"""Bytes. 18,000 points of two cameras were seen to cost 0.8 MiB, which is back when the files are closed; 230 bytes
left behind by each event would be too many. 600 stagings cost 2.1 MiB, after which there is no more growth."""


def looks(work, folder, early, late, timeout):
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("process.py"), work, folder, str(early), str(late)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def assert_nothing_piles_up(early, late):
    assert late["threads"] == early["threads"]
    assert late["descriptors"] == early["descriptors"]
    assert late["memory"] - early["memory"] < MUCH


def first_pixels(path):
    with h5py.File(path) as file:
        return file["/entry/data/data"][:, 0, 0]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_nothing_piles_up_in_a_run_of_20_000_points(folder):
    early, late = looks("points", folder, 2_000, 20_000, timeout=300)
    assert_nothing_piles_up(early, late)
    for camera in ("first", "second"):
        (path,) = (folder / camera).iterdir()
        np.testing.assert_array_equal(first_pixels(path), np.arange(20_000))
        path.unlink()  # 160 MB, which pytest would keep for its next runs


@pytest.mark.slow
def test_nothing_piles_up_in_300_stagings(folder):
    early, late = looks("stagings", folder, 50, 300, timeout=100)
    assert_nothing_piles_up(early, late)
    paths = list((folder / "first").iterdir())
    assert len(paths) == 300
    pixels = np.sort(np.concatenate([first_pixels(path) for path in paths]))
    np.testing.assert_array_equal(pixels, np.arange(600))
