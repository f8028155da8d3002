"""Orders of frames that triggers from elsewhere begin."""

import queue
import threading
import time

import h5py
import numpy as np
import pytest

from framestore import Frame, Setting
from framestore.acquisition import Order


class Triggered:
    """A camera whose triggers are calls of `pulse`; frame k is full of k, in one buffer. Asked, it tells `asked`."""

    shape, dtype = (4, 4), np.dtype("u2")
    hardware_time = True

    def __init__(self, mode="external_edge"):
        self.mode = mode
        self.count = 0
        self.frames = queue.SimpleQueue()
        self.asked = threading.Semaphore(0)
        self.timeouts = []
        self._buffer = np.zeros(self.shape, self.dtype)

    @property
    def settings(self):
        choices = ("internal", "external_edge", "external_level")
        return {"trigger_mode": Setting(get=lambda: self.mode, set=self._set, choices=choices)}

    def _set(self, mode):
        self.mode = mode

    def start(self): ...
    def stop(self): ...

    def pulse(self, began=None):
        """Its trigger; returns the frame's number."""
        number, self.count = self.count, self.count + 1
        self.frames.put((number, time.time() if began is None else began))
        return number

    def miss(self):
        """A trigger that comes too soon."""
        self.count += 1

    def next_frame(self, timeout):
        self.timeouts.append(timeout)
        self.asked.release()
        if self.mode == "internal":
            return Frame(self._full(self.count), self.count, time.time())
        try:
            number, began = self.frames.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError("no trigger came") from None
        return Frame(self._full(number), number, began)

    def _full(self, number):
        self._buffer[...] = number
        return self._buffer

    def asked_again(self):
        """Wait until it has been asked twice from now on: what was given before has been dealt with."""
        while self.asked.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self.asked.acquire(timeout=10)


@pytest.fixture
def source():
    return Triggered()


def ids(folder):
    with h5py.File(folder / "0.h5", "r", swmr=True) as file:
        data, numbers = file["entry/data/data"][()], file["entry/data/frame_id"][()].tolist()
    assert data[:, 0, 0].tolist() == numbers, "each frame was copied before its buffer was filled anew"
    return numbers


def armed(acquisition, frames, **settings):
    errors = queue.SimpleQueue()
    order = Order(frames, on_end=errors.put, **settings)
    acquisition.arm(order)
    order.error = lambda: errors.get(timeout=10)
    return order


def test_each_trigger_after_the_order_was_armed_gives_a_frame(source, acquire, tmp_path):
    acquisition = acquire(source)
    order = armed(acquisition, 5)
    wanted = [source.pulse() for _ in range(5)]  # before it was asked, some of them
    assert order.error() is None
    assert ids(tmp_path) == wanted
    assert acquisition.frames_dropped == acquisition.frames_skipped == 0


def test_triggers_between_orders_are_skipped_and_are_no_loss(source, acquire, tmp_path):
    acquisition = acquire(source)
    wanted = []
    for _ in range(3):
        for _ in range(3):
            source.pulse()
        source.miss()
        source.asked_again()
        order = armed(acquisition, 2)
        wanted += [source.pulse() for _ in range(2)]
        assert order.error() is None
    assert ids(tmp_path) == wanted
    assert acquisition.frames_dropped == 0
    assert acquisition.frames_skipped == 9


def test_an_order_waits_for_its_triggers_longer_than_a_frame_may_take(source, acquire, tmp_path):
    acquisition = acquire(source, frame_timeout=0.05)
    order = armed(acquisition, 2)
    for _ in range(10):  # each at least a twentieth of a second: two timeouts
        source.asked_again()
    assert not order.settled
    assert max(source.timeouts) <= 0.1, "others must be heard meanwhile"
    wanted = [source.pulse(), source.pulse()]
    assert order.error() is None
    assert ids(tmp_path) == wanted


def test_an_order_without_triggers_is_given_up_when_its_time_is_over_which_may_be_said_late(source, acquire, tmp_path):
    acquisition = acquire(source)
    order = armed(acquisition, 3, point=1, numbers=False)
    wanted = [source.pulse(), source.pulse()]
    source.asked_again()
    order.give_up_in(0.05)
    assert order.error() is None
    assert order.cancelled
    assert order.given_up
    assert ids(tmp_path) == wanted
    after = armed(acquisition, 1)
    wanted.append(source.pulse())
    assert after.error() is None
    assert ids(tmp_path) == wanted
