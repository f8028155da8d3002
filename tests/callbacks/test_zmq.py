"""Documents over 0MQ: a proxy and a listener, processes of their own, between which nothing is lost or changed."""

import pickle
from pathlib import Path

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.zmq import Publisher
from ophyd.sim import motor
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


@pytest.fixture
def listener(addresses, publisher, tmp_path):
    """A listener that is connected: its lines, and the file that it will write."""
    received = tmp_path / "received.pickle"
    with listening(publisher, HERE / "listener.py", addresses[1], received) as lines:
        yield lines, received


def test_another_process_receives_all_documents_and_finds_the_frames(
    engine, make_spot_camera, documents, numbers, publisher, listener
):
    lines, received = listener
    engine.subscribe(publisher)
    engine(bp.scan([make_spot_camera(motor, frames_per_point=2)], motor, -3, 3, 5))
    lines.until("done")
    pairs, frames = pickle.loads(received.read_bytes())  # noqa: S301 - written by the listener
    assert pairs == list(documents)
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), numbers()["camera_mean"])
    means = [doc["data"]["camera_mean"] for name, doc in pairs if name == "event"]
    np.testing.assert_allclose(frames.mean(axis=(1, 2, 3)), means)
