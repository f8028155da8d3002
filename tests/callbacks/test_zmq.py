"""Documents over 0MQ: a proxy and a listener, processes of their own, between which nothing is lost or changed."""

import pickle
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.zmq import Publisher
from ophyd.sim import motor

HERE = Path(__file__).parent


def free_ports(count):
    """Ports that nobody listens at."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def process(*command, **kwargs):
    with subprocess.Popen(command, **kwargs) as child:
        try:
            yield child
        finally:
            child.terminate()


class Lines:
    """What a process prints, line by line."""

    def __init__(self, child):
        self.queue = SimpleQueue()
        self.first = threading.Event()
        threading.Thread(target=self._read, args=[child.stdout], daemon=True).start()

    def _read(self, stdout):
        for line in stdout:
            self.queue.put(line.strip())
            self.first.set()

    def until(self, wanted):
        while self.queue.get(timeout=60) != wanted:
            pass


@pytest.fixture
def ports():
    return free_ports(2)


@pytest.fixture
def proxy(ports):
    """The command that comes with bluesky, with two ports."""
    addresses = [f"localhost:{port}" for port in ports]
    command = Path(sys.executable).parent / "bluesky-0MQ-proxy"
    with process(command, "--in-address", addresses[0], "--out-address", addresses[1], stdout=subprocess.DEVNULL):
        yield addresses


@pytest.fixture
def publisher(proxy):
    publisher = Publisher(proxy[0])
    yield publisher
    publisher.close()


@pytest.fixture
def listener(proxy, publisher, tmp_path):
    """A listener that is connected: its lines, and the file that it will write."""
    received = tmp_path / "received.pickle"
    command = [sys.executable, HERE / "listener.py", proxy[1], received]
    with process(*command, stdout=subprocess.PIPE, text=True) as child:
        lines = Lines(child)
        while not lines.first.wait(0.1):  # what is sent before all are connected is lost
            assert child.poll() is None, "the listener has ended"
            publisher("start", {"uid": "is anybody there?"})
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
