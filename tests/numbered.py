"""The source of all tests: its frames are known."""

import threading
import time

import numpy as np

from framestore import Frame


class NumberedSource:
    """Frame k is known from k alone. It has one buffer, which it fills anew for each frame, as drivers do."""

    def __init__(self, shape=(5, 7), dtype="uint16"):
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.count = 0
        self.threads = set()
        self._buffer = np.empty(self.shape, self.dtype)

    def expected(self, k):
        frame = (np.arange(np.prod(self.shape)).reshape(self.shape) * 7 + 13 * k) % 251
        return frame.astype(self.dtype)

    def start(self):
        self.threads.add(threading.get_ident())

    def next_frame(self, timeout):
        self.threads.add(threading.get_ident())
        k = self.next_number()
        self._buffer[...] = self.expected(k)
        return Frame(self._buffer, k, time.time())

    def next_number(self):
        self.count += 1
        return self.count - 1

    def stop(self):
        self.threads.add(threading.get_ident())


class Gated:
    """A source whose frames come when the test lets them, and that otherwise does not return; frame k is full of k."""

    shape, dtype = (4, 4), np.dtype("uint16")

    def __init__(self):
        self.gate = threading.Semaphore(0)
        self.inside = threading.Event()
        self.count = 0

    def start(self): ...
    def stop(self): ...

    def next_frame(self, timeout):
        self.inside.set()
        assert self.gate.acquire(timeout=60)
        self.count += 1
        return Frame(np.full(self.shape, self.count, self.dtype), self.count, time.time())
