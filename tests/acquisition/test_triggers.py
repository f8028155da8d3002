"""Orders of frames that triggers from elsewhere begin."""

import queue
import threading
import time

import h5py
import numpy as np
import pytest

from framestore import Frame, IncompleteFrameError, LostFramesError, Setting
from framestore.acquisition import Acquisition, Order, SourceSettings
from framestore.formats import HDF5


class Triggered:
    """A camera whose triggers are calls of `pulse`; frame k is full of k, in one buffer. Asked, it tells `asked`.

    It waits at least for its `patience`, whatever it is told.
    """

    shape, dtype = (4, 4), np.dtype("u2")
    hardware_time = True

    def __init__(self, mode="external_edge"):
        self.mode = mode
        self.count = 0
        self.frames = queue.SimpleQueue()
        self.asked = threading.Semaphore(0)
        self.timeouts = []
        self.patience = 0.0
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
            began = time.time()
            self.count += 1
            return Frame(self._full(self.count - 1), self.count - 1, began)
        try:
            number, began = self.frames.get(timeout=max(timeout, self.patience))
        except queue.Empty:
            raise TimeoutError("no trigger came") from None
        if isinstance(began, Exception):
            raise began
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

    def asked_once(self):
        """Wait until it is asked, for as long as its patience says now."""
        while self.asked.acquire(blocking=False):
            pass
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


def test_a_pause_is_heard_while_an_order_waits_for_a_trigger(source, acquire, tmp_path):
    """What is triggered while it is held is none of it, but for the rest of a point that was begun."""
    acquisition = acquire(source)
    order = armed(acquisition, 6, point=2, numbers=False)
    wanted = [source.pulse(), source.pulse()]
    source.asked_again()
    order.hold()
    source.asked_again()
    source.pulse()
    source.asked_again()
    order.go_on()
    wanted.append(source.pulse())
    source.asked_again()
    order.hold()
    wanted.append(source.pulse())
    source.pulse()
    source.miss()
    source.asked_again()
    order.go_on()
    wanted += [source.pulse(), source.pulse()]
    assert order.error() is None
    assert ids(tmp_path) == wanted
    assert acquisition.frames_skipped == 2
    assert acquisition.frames_dropped == 0


def test_an_order_without_an_end_finishes_while_it_waits_for_a_trigger(source, acquire, tmp_path):
    acquisition = acquire(source)
    order = armed(acquisition, None, point=1)
    wanted = [source.pulse(), source.pulse()]
    source.asked_again()
    order.finish()
    assert order.error() is None
    assert not order.cancelled
    assert order.frames == 2
    assert ids(tmp_path) == wanted


@pytest.mark.parametrize("exposures", [1, 2])
def test_what_the_source_gives_after_a_cancel_belongs_to_the_next_order(source, acquire, tmp_path, exposures):
    """The source is still inside the call of the order that was cancelled; no trigger of the next one is lost."""
    acquisition = acquire(source, exposures_per_frame=exposures)
    order = armed(acquisition, 2)
    if exposures == 2:
        source.pulse()
        source.asked_again()
    source.patience = 5.0
    source.asked_once()
    source.patience = 0.0  # from the next call on
    acquisition.cancel()
    assert order.cancelled
    order = armed(acquisition, 1)
    wanted = [source.pulse() for _ in range(exposures)]
    assert order.error() is None
    with h5py.File(tmp_path / "0.h5", "r", swmr=True) as file:
        assert file["entry/data/frame_id"][()].tolist() == wanted[:1]
        assert file["entry/data/data"][0, 0, 0] == np.mean(wanted)


def test_exposures_of_a_frame_are_waited_for_one_by_one(source, acquire, tmp_path):
    acquisition = acquire(source, exposures_per_frame=3, frame_timeout=0.05)
    order = armed(acquisition, 2)
    for _ in range(6):
        for _ in range(5):
            source.asked_again()
        source.pulse()
    assert order.error() is None
    with h5py.File(tmp_path / "0.h5", "r", swmr=True) as file:
        assert file["entry/data/data"][:, 0, 0].tolist() == [1.0, 4.0]


def test_a_source_that_hangs_is_named_and_the_next_order_refused_until_it_returns(source, acquire, tmp_path):
    acquisition = acquire(source, frame_timeout=0.1)
    order = armed(acquisition, 1)
    source.patience = 60.0
    error = order.error()
    assert isinstance(error, TimeoutError)
    assert "cam: the source <" in str(error)
    assert "0 of 1 frames" in str(error)
    with pytest.raises(RuntimeError, match="cam: the source .* has not returned from next_frame"):
        acquisition.arm(Order(1))
    source.patience = 0.0
    source.pulse()
    source.asked_again()
    order = armed(acquisition, 1)
    source.pulse()
    assert order.error() is None
    assert ids(tmp_path) == [1]


def test_it_is_closed_while_it_waits(source, acquire):
    acquisition = acquire(source)
    order = armed(acquisition, 1)
    source.asked_again()
    acquisition.close()
    assert order.cancelled
    assert not acquisition.stuck


def test_an_error_while_it_waits_fails_the_order(source, acquire, tmp_path):
    acquisition = acquire(source)
    order = armed(acquisition, 2)
    source.pulse()
    source.pulse(OSError("the cable came off"))
    assert isinstance(order.error(), OSError)
    order = armed(acquisition, 1)
    wanted = source.pulse()
    assert order.error() is None
    assert ids(tmp_path) == [wanted]


def test_a_trigger_that_came_too_soon_is_a_frame_that_was_lost(source, acquire):
    acquisition = acquire(source)
    order = armed(acquisition, 3)
    source.pulse()
    source.miss()
    source.pulse()
    error = order.error()
    assert isinstance(error, LostFramesError)
    assert "a frame between frames 0 and 2 did not arrive" in str(error)
    assert order.dropped == acquisition.frames_dropped == 1


def test_a_trigger_that_came_too_soon_may_be_counted_and_the_next_taken(source, acquire, tmp_path):
    acquisition = acquire(source, on_dropped="record")
    order = armed(acquisition, 3)
    wanted = [source.pulse()]
    source.miss()
    source.asked_again()
    wanted += [source.pulse(), source.pulse()]
    assert order.error() is None
    assert ids(tmp_path) == wanted
    assert order.dropped == 1


def test_an_incomplete_frame_is_lost_where_it_came_after_the_order_was_armed(source, acquire):
    acquisition = acquire(source)
    source.pulse(IncompleteFrameError(source.count))
    source.asked_again()
    order = armed(acquisition, 1)
    source.pulse(IncompleteFrameError(source.count))
    assert isinstance(order.error(), IncompleteFrameError)
    assert order.dropped == acquisition.frames_dropped == 1


@pytest.mark.parametrize("mode", ["external_edge", "external_level"])
def test_without_hardware_time_what_may_have_been_triggered_after_the_order_is_taken(acquire, tmp_path, mode):
    """There may be no second frame, so the first is not skipped for good measure."""
    source = Triggered(mode)
    source.hardware_time = False
    source.exposure_time = 0.2
    acquisition = acquire(source)
    source.pulse()
    source.asked_again()
    order = armed(acquisition, 2)
    numbers = [source.pulse(), source.pulse()]  # sooner than an exposure of 0.2 s could have ended
    if mode == "external_edge":
        while time.time() < order.began + 0.2:
            source.asked_again()
        numbers = [source.pulse(), source.pulse()]
    assert order.error() is None
    assert ids(tmp_path) == numbers
    assert acquisition.frames_dropped == 0


def test_the_mode_may_change_between_the_orders_of_a_staging(source, tmp_path):
    """What a trigger began is not taken for a frame that was asked for."""
    source.exposure_time = 0.25
    acquisition = Acquisition(source, HDF5(), camera="cam")
    settings = SourceSettings(source, camera="cam", timeout=10.0)
    settings.look()
    wanted = []
    with settings.handed_to(acquisition):
        acquisition.start()
    try:
        acquisition.open(tmp_path / "0.h5")
        assert acquisition.exposures.trigger_mode == "external_edge"
        source.patience = 5.0
        source.asked_once()
        errand = settings.set("trigger_mode", "internal")
        source.patience = 0.0
        source.pulse()  # into the call that is under way
        settings.wait(errand)
        for mode, frames in (("internal", 2), ("external_level", 1), ("external_edge", 2), ("internal", 1)):
            settings.wait(settings.set("trigger_mode", mode))
            assert acquisition.exposures.trigger_mode == mode
            first = source.count
            order = armed(acquisition, frames)
            if mode == "internal":
                wanted += [first + k for k in range(frames)]
            else:
                wanted += [source.pulse() for _ in range(frames)]
            assert order.error() is None
    finally:
        acquisition.close()
    assert ids(tmp_path) == wanted
    with h5py.File(tmp_path / "0.h5") as file:
        seconds = file["entry/instrument/detector/count_time"][()]
    level = float("nan")  # the pulse has said how long, and nobody else knows
    np.testing.assert_array_equal(seconds, [0.25, 0.25, level, 0.25, 0.25, 0.25])
    assert acquisition.frames_dropped == 0


def test_a_source_that_has_nothing_and_says_so_at_once_is_not_asked_on_and_on(acquire):
    class Unplugged(Triggered):
        def next_frame(self, timeout):
            self.asked.release()
            raise TimeoutError("no cable")

    source = Unplugged()
    acquisition = acquire(source)
    for frames in (None, 1):  # idle, and while an order waits
        if frames:
            acquisition.arm(Order(frames))
        source.asked_again()
        began = time.monotonic()
        for _ in range(5):
            assert source.asked.acquire(timeout=10)
        assert time.monotonic() - began > 0.05, "it would take a processor for itself"


def test_a_mode_that_there_is_not_is_named(source, acquire):
    source.mode = "Line1"
    with pytest.raises(ValueError, match="trigger_mode of .* must be one of internal, external_edge, external_level"):
        acquire(source)


def test_the_last_frame_of_an_order_is_copied_since_the_source_is_asked_again_at_once(source, acquire, tmp_path):
    source.shape = (300, 400)
    source._buffer = np.zeros(source.shape, source.dtype)
    acquisition = acquire(source)
    for _ in range(10):
        order = armed(acquisition, 1)
        for _ in range(3):
            source.pulse()
        assert order.error() is None
    assert len(ids(tmp_path)) == 10


def test_a_source_that_has_failed_is_not_asked_again_for_that_order(acquire):
    class Failing(Triggered):
        def next_frame(self, timeout):
            super().next_frame(timeout)
            raise OSError("the cable came off")

    source = Failing("internal")
    acquisition = acquire(source)
    for _ in range(20):
        assert isinstance(armed(acquisition, 3).error(), OSError)
    assert source.count == 20
