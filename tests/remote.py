"""A proxy of bluesky's for documents over 0MQ, and listeners: processes of their own."""

import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

ASKED = "is anybody there?"
"""Uid of a start document with which a listener is to print ``listening``: what is sent before all are connected is
lost."""


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


@contextmanager
def proxy():
    """The command that comes with bluesky, with two ports: the addresses at which it takes and gives documents."""
    addresses = [f"localhost:{port}" for port in free_ports(2)]
    command = Path(sys.executable).parent / "bluesky-0MQ-proxy"
    with process(command, "--in-address", addresses[0], "--out-address", addresses[1], stdout=subprocess.DEVNULL):
        yield addresses


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


@contextmanager
def listening(publisher, script, *arguments, **kwargs):
    """Lines of a script that is connected to the proxy."""
    with process(sys.executable, script, *arguments, stdout=subprocess.PIPE, text=True, **kwargs) as child:
        lines = Lines(child)
        while not lines.first.wait(0.1):
            assert child.poll() is None, "the listener has ended"
            publisher("start", {"uid": ASKED})
        yield lines
