"""Files that are damaged at random, and documents that claim what cannot be: a report, no crash, no hang, no memory."""

import json
import subprocess
import sys
from pathlib import Path

import framestore_handlers
import numpy as np
import pytest
from memory import little_memory
from slow import slow
from untrusted import WRITERS, stream, written

SCRIPT = Path(__file__).parent / "damaging.py"
SETTINGS = {
    "hdf5": {},
    "compressed hdf5": {"compression": "gzip", "checksum": "xxh3"},
    "tiff": {"checksum": "xxh3"},
    "compressed tiff": {"compression": "lzw"},
    "tiff_stack": {},
    "compressed tiff_stack": {"compression": "deflate", "checksum": "xxh3"},
    "jpeg": {"checksum": "xxh3"},
    "png": {},
    "zarr": {"checksum": "xxh3"},
    "compressed zarr": {"compression": "gzip"},
    "sharded zarr": {"shard": True},
}
QUICK = ("compressed hdf5", "tiff_stack", "png")


def fuzz(taken, tmp_path, times):
    (tmp_path / "documents.json").write_text(json.dumps(taken.documents))
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, str(times)], capture_output=True, text=True, timeout=1000, check=False
    )
    seed = tmp_path / "seed"
    assert done.returncode == 0, f"{seed.read_text() if seed.exists() else 'at first'}: {done.stderr[-2000:]}"


@pytest.mark.parametrize("name", [*QUICK[:1], *slow(*sorted(set(SETTINGS) - set(QUICK[:1])))])
def test_a_few_damaged_files(take, tmp_path, name):
    fuzz(take(name.split()[-1], shape=(8, 16), **SETTINGS[name]), tmp_path, 40)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", SETTINGS)
def test_many_damaged_files(take, tmp_path, name):
    fuzz(take(name.split()[-1], shape=(8, 16), **SETTINGS[name]), tmp_path, 1500)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("kind", WRITERS)
def test_documents_that_claim_more_frames_than_there_are(tmp_path, kind, deep):
    """More than could be listed, counted or read."""
    path = written(tmp_path, kind)
    name, mimetype, parameters, _ = WRITERS[kind]
    documents = stream(f"file://localhost{tmp_path}/{name}", mimetype, parameters, frames=2**41)
    with little_memory(2**25):
        report = framestore_handlers.verify(documents, deep=deep)
    failing = [finding for finding in report.findings if finding.fails]
    (finding,) = failing
    assert finding.frames == ((4, 2**41) if kind in {"hdf5", "tiff_stack", "zarr"} else (0, 2**41))
    assert str(path) in finding.what
    assert report.frames == 2**41


def test_frames_that_claim_to_be_large(tmp_path):
    """Only what a file holds is read."""
    for kind in WRITERS:
        folder = tmp_path / kind
        folder.mkdir()
        written(folder, kind)
        name, mimetype, parameters, _ = WRITERS[kind]
        shape = (2**17, 2**17)
        documents = stream(f"file://localhost{folder}/{name}", mimetype, parameters, shape=shape)
        with little_memory(2**25):
            reports = [framestore_handlers.verify(documents, deep=deep) for deep in (False, True)]
        for report in reports:
            assert {finding.kind for finding in report.findings} == {"note", "type"}, str(report)


def test_a_deep_look_takes_little_memory(take):
    """However long the run is."""
    taken = take("hdf5", points=20, shape=(1024, 1024))
    with little_memory(2**26):
        assert framestore_handlers.verify(taken.documents, deep=True).ok
    assert np.prod((40, 1024, 1024)) > 2**25
