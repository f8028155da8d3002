"""Callbacks in another process, which bluesky's publisher, proxy and dispatcher bring the documents to."""

import json
from pathlib import Path

import bluesky.plans as bp
import numpy as np
import pytest
import tifffile
from bluesky.callbacks.zmq import Publisher
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from remote import listening, proxy

HERE = Path(__file__).parent


@pytest.fixture
def addresses():
    with proxy() as addresses:
        yield addresses


@pytest.fixture
def publisher(addresses):
    publisher = Publisher(addresses[0])
    yield publisher
    publisher.close()


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
def test_all_files_are_written_elsewhere(run_engine, make_camera, addresses, publisher, tmp_path, front):
    source = NumberedSource((8, 16))
    camera = make_camera(source, frames_per_point=2)
    key = front.image("camera")
    told = tmp_path / "stderr.txt"
    with (
        told.open("w") as stderr,
        listening(publisher, HERE / "remote_callbacks.py", addresses[1], tmp_path, key, stderr=stderr) as lines,
    ):
        run_engine.subscribe(publisher)
        run_engine(bp.count([camera], 3))
        lines.until("done")
    names = [f"{point}_{k}.tiff" for point in (1, 2, 3) for k in (0, 1)]
    filenames, errors = json.loads((tmp_path / "told.json").read_text())
    assert [Path(name).name for name in filenames] == names
    assert errors == [0, 0, 3, 0]
    assert "failed 3 times in run" in told.read_text()
    for k, name in enumerate(names):
        for folder in ("live", "stopped"):
            np.testing.assert_array_equal(tifffile.imread(tmp_path / folder / name), source.expected(k))
    whole = np.load(tmp_path / "whole.npy")
    np.testing.assert_array_equal(whole.reshape(-1, 8, 16), [source.expected(k) for k in range(6)])
