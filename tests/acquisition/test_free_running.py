"""Sources that expose frames whether they are wanted or not."""

import threading
import time

import h5py
import numpy as np
import pytest

from framestore import Frame, IncompleteFrameError
from framestore.sources import SimulatedSource


class Running:
    """A camera that gives a frame whenever the test says so; frame k is full of k, in one buffer."""

    shape, dtype = (4, 4), np.dtype("u2")
    free_running = True
    hardware_time = True

    def __init__(self):
        self.change = threading.Condition()
        self.waiting = False
        self.starved = threading.Event()
        self.given = 0
        self.count = 0
        self.times = {}
        self._buffer = np.zeros(self.shape, self.dtype)

    def start(self): ...
    def stop(self): ...

    def give(self, began=None):
        """Let a frame arrive, and wait until it was taken or skipped, and the next is asked for."""
        with self.change:
            assert self.change.wait_for(lambda: self.waiting, 10)
            self.times[self.count] = time.time() if began is None else began
            self.given += 1
            self.waiting = False
            self.change.notify_all()
            assert self.change.wait_for(lambda: self.waiting, 10)

    def next_frame(self, timeout):
        with self.change:
            self.waiting = True
            self.change.notify_all()
            if not self.change.wait_for(lambda: self.given, 0.2):
                self.waiting = False
                self.starved.set()
                raise TimeoutError("no frame came")
            self.given -= 1
        self._buffer[...] = self.count
        self.count += 1
        return Frame(self._buffer, self.count - 1, self.times.get(self.count - 1, 0.0))


@pytest.fixture
def running(acquire):
    source = Running()
    return source, acquire(source)


def ids(acquisition_path):
    with h5py.File(acquisition_path, "r", swmr=True) as file:
        data, numbers = file["entry/data/data"][()], file["entry/data/frame_id"][()].tolist()
    assert data[:, 0, 0].tolist() == numbers, "each frame was copied before its buffer was filled anew"
    return numbers


def armed(acquisition, frames):
    from framestore.acquisition import Order

    order = Order(frames)
    acquisition.arm(order)
    return order


def test_frames_that_nobody_ordered_are_skipped(running, tmp_path):
    source, acquisition = running
    for _ in range(3):
        source.give()
    order = armed(acquisition, 2)
    for _ in range(2):
        source.give()
    assert order.ended.wait(10)
    for _ in range(2):
        source.give()
    order = armed(acquisition, 1)
    source.give()
    assert order.ended.wait(10)
    assert ids(tmp_path / "0.h5") == [3, 4, 7]
    assert acquisition.frames_dropped == 0
    assert acquisition.frames_skipped == 5


def test_a_frame_that_began_before_the_order_is_not_taken(running, tmp_path):
    source, acquisition = running
    began = time.time()
    order = armed(acquisition, 1)
    source.give(began - 0.5)
    source.give(began)
    assert not order.ended.is_set()
    source.give()
    assert order.ended.wait(10)
    assert ids(tmp_path / "0.h5") == [2]


def test_what_is_exposed_while_an_order_is_held_is_none_of_it(running, tmp_path):
    """The point that was begun is completed; of the rest, also the frame that began before it went on is skipped."""
    from framestore.acquisition import Order

    source, acquisition = running
    order = Order(4, point=2, numbers=False)
    acquisition.arm(order)
    source.give()
    order.hold()
    for _ in range(3):
        source.give()
    began = time.time()
    order.go_on()
    source.give(began - 0.1)
    for _ in range(2):
        source.give()
    assert order.ended.wait(10)
    assert ids(tmp_path / "0.h5") == [0, 1, 5, 6]
    assert acquisition.frames_dropped == 0
    assert acquisition.frames_skipped == 3


@pytest.mark.parametrize("exposure_time", [None, 0.1])
def test_without_hardware_time_one_full_exposure_is_skipped(acquire, tmp_path, exposure_time):
    source = Running()
    source.hardware_time = False
    if exposure_time:
        source.exposure_time = exposure_time
    acquisition = acquire(source)
    order = armed(acquisition, 2)
    source.give()
    if exposure_time:
        source.give()  # it arrives before an exposure that began with the order could have ended
        assert not order.ended.wait(exposure_time)
    for _ in range(2):
        source.give()
    assert order.ended.wait(10)
    assert ids(tmp_path / "0.h5") == ([2, 3] if exposure_time else [1, 2])


def test_a_gap_within_an_order_is_a_loss_and_one_before_it_is_not(running, take):
    source, acquisition = running
    source.give()
    source.count += 5
    order = armed(acquisition, 2)
    source.give()
    source.count += 1
    source.give()
    assert order.ended.wait(10)
    assert order.dropped == 1


def test_no_frame_while_nobody_wants_one_is_no_error(running, take):
    source, acquisition = running
    assert source.starved.wait(10)
    order = armed(acquisition, 1)
    source.give()
    assert order.ended.wait(10)
    assert order.dropped == 0


def test_an_error_while_nobody_wants_a_frame_fails_the_next_order_and_then_it_goes_on(acquire, take):
    class Failing(Running):
        def next_frame(self, timeout):
            if self.count == 1:
                self.count += 1
                failed.set()
                raise OSError("the cable came off")
            return super().next_frame(timeout)

    failed, source = threading.Event(), Failing()
    acquisition = acquire(source)
    with source.change:
        source.given += 1
    assert failed.wait(10)
    order, _, error = take(acquisition, 1)
    assert isinstance(error, OSError)
    order = armed(acquisition, 1)
    source.give()
    assert order.ended.wait(10)


def test_an_incomplete_frame_before_the_order_s_first_does_not_count(acquire):
    class Incomplete(Running):
        hardware_time = False

        def next_frame(self, timeout):
            frame = super().next_frame(timeout)
            if frame.frame_id == 0:
                raise IncompleteFrameError(0)
            return frame

    source = Incomplete()
    acquisition = acquire(source)
    order = armed(acquisition, 1)
    for _ in range(3):
        source.give()
    assert order.ended.wait(10)
    assert order.dropped == 0


def test_cancel_and_close_leave_a_free_running_source_in_order(running, tmp_path):
    source, acquisition = running
    order = armed(acquisition, 3)
    source.give()
    acquisition.cancel()
    assert order.cancelled
    source.give()
    order = armed(acquisition, 1)
    source.give()
    assert order.ended.wait(10)
    assert ids(tmp_path / "0.h5") == [2]
    acquisition.close()
    assert not acquisition.stuck


@pytest.mark.parametrize("hardware_time", [True, False])
def test_the_simulated_camera_runs_free(acquire, take, tmp_path, hardware_time):
    source = SimulatedSource((8, 8), rate=100, free_running=True, noise=False)
    source.hardware_time = hardware_time
    acquisition = acquire(source)
    for _ in range(5):
        before = time.time()
        order, _, error = take(acquisition, 3)
        assert error is None
        with h5py.File(tmp_path / "0.h5", "r", swmr=True) as file:
            times = file["entry/data/timestamp"][-3:]
        assert times[0] >= before
        assert order.dropped == 0
    assert acquisition.frames_skipped > 0


def test_a_simulated_camera_that_is_not_asked_in_time_loses_the_oldest_frames():
    source = SimulatedSource((4, 4), rate=200, free_running=True, buffers=3)
    source.start()
    first = source.next_frame(1.0).frame_id
    time.sleep(0.1)
    rest = [source.next_frame(1.0).frame_id for _ in range(5)]
    assert rest[0] > first + 10
    assert rest == list(range(rest[0], rest[0] + 5))


def test_a_source_that_has_nothing_and_says_so_at_once_is_not_asked_on_and_on(acquire):
    class Unplugged(Running):
        def next_frame(self, timeout):
            self.count += 1
            if self.count == 4:
                fourth.set()
            raise TimeoutError("no cable")

    fourth, source = threading.Event(), Unplugged()
    acquire(source)
    began = time.monotonic()
    assert fourth.wait(10)
    assert time.monotonic() - began > 0.2, "it would take a processor for itself"
