"""The frame path by itself: no bluesky, no ophyd."""

import threading
from itertools import count
from queue import SimpleQueue

import h5py
import numpy as np
import pytest
from numbered import Gated

from framestore import Frame, FrameError
from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5


def test_frames_are_the_source_s_although_it_has_one_buffer(acquire, source, tmp_path, take, stored):
    acquisition = acquire(source)
    for _ in range(3):
        _, counts, error = take(acquisition, 50)
        assert error is None
        assert counts[-1] == 50
    data, ids = stored(tmp_path / "0.h5")
    np.testing.assert_array_equal(data, [source.expected(k) for k in range(150)])
    assert ids.tolist() == list(range(150))
    assert acquisition.frames_written == 150


def test_one_thread_alone_touches_the_source(acquire, source, take):
    acquisition = acquire(source)
    take(acquisition, 5)
    acquisition.close()
    assert len(source.threads) == 1
    assert threading.get_ident() not in source.threads


def test_source_is_never_asked_ahead(acquire, source, take):
    acquisition = acquire(source)
    for k in range(1, 4):
        take(acquisition, 2)
        assert source.count == 2 * k


def test_no_more_buffers_than_the_queue_may_hold(acquire, numbered_source, take):
    """A source that is faster than the writer waits: frames on their way stay within queue_bytes."""
    source = numbered_source((64, 64), "uint16")
    acquisition = acquire(source, queue_bytes=10 * 64 * 64 * 2)
    _, _, error = take(acquisition, 2000)
    assert error is None
    assert acquisition._reader.pool.limit == 10
    assert acquisition._reader.pool._made <= 10


def test_statistics_are_those_of_numpy(acquire, numbered_source, take):
    source = numbered_source((11, 17), "uint16")
    names = ("mean", "max", "sum", "centroid_x", "centroid_y")
    order, _, error = take(acquire(source, statistics=names), 7)
    assert error is None
    frames = np.array([source.expected(k) for k in range(7)]).astype(float)
    y, x = np.mgrid[:11, :17]
    assert order.numbers == pytest.approx(
        {
            "mean": frames.mean(),
            "max": frames.max(),
            "sum": frames.sum(),
            "centroid_x": (frames * x).sum() / frames.sum(),
            "centroid_y": (frames * y).sum() / frames.sum(),
        }
    )
    assert isinstance(order.numbers["sum"], int)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint32", "uint64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (6,)], ids=str)
def test_statistics_of_every_kind_of_frame(acquire, dtype, shape, take):
    array, ids = (np.random.default_rng(3).random(shape) * 100).astype(dtype), count()

    class Same:
        def __init__(self):
            self.shape, self.dtype = shape, np.dtype(dtype)

        def start(self): ...
        def stop(self): ...

        def next_frame(self, timeout):
            return Frame(array, next(ids), 0.0)

    order, _, error = take(acquire(Same(), statistics=("mean", "max", "sum", "centroid_x", "centroid_y")), 2)
    assert error is None
    plane = array.astype(float).sum(axis=2) if len(shape) == 3 else np.atleast_2d(array.astype(float))
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]]
    assert order.numbers["mean"] == pytest.approx(array.astype(float).mean(), rel=1e-6)
    assert order.numbers["max"] == array.max()
    assert order.numbers["centroid_x"] == pytest.approx((plane * x).sum() / plane.sum(), rel=1e-6)
    assert order.numbers["centroid_y"] == pytest.approx((plane * y).sum() / plane.sum(), rel=1e-6)


def test_a_large_sum_is_exact(acquire, take):
    array, ids = np.full((64, 64), 2**32 - 1, "uint32"), count()

    class Bright:
        shape, dtype = (64, 64), np.dtype("uint32")

        def start(self): ...
        def stop(self): ...

        def next_frame(self, timeout):
            return Frame(array, next(ids), 0.0)

    order, _, _ = take(acquire(Bright(), statistics=("sum",)), 3)
    assert order.numbers["sum"] == 3 * 64 * 64 * (2**32 - 1)


def test_an_order_that_fails_halfway_leaves_no_frames(acquire, numbered_source, tmp_path, take, stored):
    class Failing(numbered_source):
        def next_frame(self, timeout):
            if self.count == 6:
                self.count += 1
                raise OSError("the cable came off")
            return super().next_frame(timeout)

    source = Failing()
    acquisition = acquire(source, statistics=("mean",))
    assert take(acquisition, 4)[2] is None
    _, _, error = take(acquisition, 4)
    assert isinstance(error, OSError)
    assert "the cable came off" in str(error)
    assert any("camera 'cam'" in note for note in error.__notes__)
    data, _ = stored(tmp_path / "0.h5")
    np.testing.assert_array_equal(data, [source.expected(k) for k in range(4)])
    assert take(acquisition, 2)[2] is None, "the source works again, so does the camera"
    data, _ = stored(tmp_path / "0.h5")
    np.testing.assert_array_equal(data, [source.expected(k) for k in (0, 1, 2, 3, 7, 8)])


@pytest.mark.parametrize(("shape", "dtype"), [((5, 8), "uint16"), ((5, 7), "uint8"), ((5, 7, 1), "uint16")])
def test_a_frame_that_differs_is_refused(acquire, source, shape, dtype, take):
    acquisition = acquire(source)
    source.next_frame = lambda timeout: Frame(np.zeros(shape, dtype), 3, 0.0)
    _, _, error = take(acquisition, 1)
    assert isinstance(error, FrameError)
    assert str(shape) in str(error)
    assert "expected (5, 7) and uint16" in str(error)
    assert "cam" in str(error)


def test_a_sum_beyond_64_bits_does_not_wrap(acquire, take):
    array, ids = np.full((2, 2), 2**63, "uint64"), count()

    class Bright:
        shape, dtype = (2, 2), np.dtype("uint64")

        def start(self): ...
        def stop(self): ...

        def next_frame(self, timeout):
            return Frame(array, next(ids), 0.0)

    order, _, _ = take(acquire(Bright(), statistics=("sum", "mean", "max")), 2)
    assert order.numbers == {"sum": pytest.approx(2.0**66), "mean": pytest.approx(2.0**63), "max": 2**63}


def test_a_source_that_hangs_fails_the_order_and_its_late_frame_is_thrown_away(acquire, tmp_path, take, stored):
    source = Gated()
    acquisition = acquire(source, frame_timeout=0.1)
    _, _, error = take(acquisition, 1)
    assert isinstance(error, TimeoutError)
    assert "gave 0 of 1 frames" in str(error)
    with pytest.raises(RuntimeError, match="has not returned from next_frame"):
        acquisition.arm(Order(1))
    source.gate.release()
    source.gate.release()
    while acquisition._reader._call.left() < 0:
        pass
    _, _, error = take(acquisition, 1)
    assert error is None
    assert stored(tmp_path / "0.h5")[1].tolist() == [2], "frame 1 came too late for the order that it was for"


def test_close_names_a_source_that_is_stuck(tmp_path):
    source = Gated()
    acquisition = Acquisition(source, HDF5(), camera="cam", frame_timeout=0.1)
    acquisition.start()
    acquisition.open(tmp_path / "a.h5")
    acquisition.arm(Order(1))
    assert source.inside.wait(10)
    with pytest.raises(TimeoutError, match="cam: the source .*Gated.* has not returned"):
        acquisition.close()
    assert acquisition.stuck
    source.gate.release()
    acquisition._reader._thread.join(10)
    assert not acquisition.stuck
    assert not (tmp_path / "a.h5").exists(), "a file without a frame is a name that is claimed for nothing"


def test_cancel_takes_back_the_order_s_frames(acquire, tmp_path, take, stored):
    source = Gated()
    acquisition = acquire(source)
    ends = SimpleQueue()
    order = Order(3, on_end=ends.put)
    acquisition.arm(order)
    source.gate.release()
    source.gate.release()
    while order.appended < 2:
        pass
    acquisition.cancel()
    assert ends.get(timeout=10) is None
    assert order.cancelled
    assert stored(tmp_path / "0.h5")[0].shape[0] == 0
    source.gate.release(2)
    _, _, error = take(acquisition, 1)
    assert error is None
    assert stored(tmp_path / "0.h5")[1].tolist() == [4], "frame 3 was exposed for the order that was cancelled"


def test_a_second_order_at_once_is_refused(acquire):
    source = Gated()
    acquisition = acquire(source)
    acquisition.arm(Order(1))
    with pytest.raises(RuntimeError, match="cam: triggered while"):
        acquisition.arm(Order(1))
    source.gate.release()


def test_a_file_that_exists_fails_the_order(acquire, source, tmp_path, take):
    acquisition = acquire(source)
    (tmp_path / "there.h5").write_bytes(b"precious")
    acquisition.open(tmp_path / "there.h5")
    _, _, error = take(acquisition, 1)
    assert isinstance(error, FileExistsError)
    assert "there.h5 exists already and is not overwritten" in str(error)
    assert (tmp_path / "there.h5").read_bytes() == b"precious"
    assert take(acquisition, 1)[2] is error, "no order succeeds until the camera is staged anew"
    assert "unstage, then stage again" in error.__notes__[0]


def test_a_new_file_goes_on_from_its_own_row_0(acquire, source, tmp_path, take, stored):
    acquisition = acquire(source)
    take(acquisition, 2)
    acquisition.open(tmp_path / "second.h5")
    take(acquisition, 3)
    assert stored(tmp_path / "0.h5")[1].tolist() == [0, 1]
    assert stored(tmp_path / "second.h5")[1].tolist() == [2, 3, 4]
    assert acquisition.frames_written == 5


@pytest.mark.parametrize("error", [ValueError("no licence"), SystemExit(3)])
def test_a_source_that_cannot_start_says_why(error, threads_of_cameras):
    class Broken:
        shape, dtype = (2, 2), np.dtype("uint8")

        def start(self):
            raise error

        def stop(self): ...

    acquisition = Acquisition(Broken(), HDF5(), camera="cam")
    with pytest.raises((ValueError, RuntimeError), match="no licence|SystemExit"):
        acquisition.start()
    acquisition._reader._thread.join(10)
    assert not threads_of_cameras()


def test_an_error_when_the_source_stops_is_raised_by_close(tmp_path, source, take, stored):
    def stop():
        raise OSError("would not let go")

    source.stop = stop
    acquisition = Acquisition(source, HDF5(), camera="cam")
    acquisition.start()
    acquisition.open(tmp_path / "a.h5")
    take(acquisition, 1)
    with pytest.raises(OSError, match="would not let go"):
        acquisition.close()
    assert stored(tmp_path / "a.h5")[0].shape[0] == 1
    h5py.File(tmp_path / "a.h5").close()  # closed: a plain open works


def test_a_full_disk_fails_the_order_and_keeps_what_was_acknowledged(small_disk, numbered_source, stored):
    """On a file system of its own, of 1 MiB, as another process sees it."""
    import subprocess
    import sys

    code = """
import subprocess, sys, threading
import numpy as np
from pathlib import Path
from framestore import Frame
from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5
place = Path(sys.argv[1])

class Source:
    shape, dtype = (128, 256), np.dtype("u2")
    k = 0
    def start(self): ...
    def stop(self): ...
    def next_frame(self, timeout):
        self.k += 1
        return Frame(np.full(self.shape, self.k, "u2"), self.k, 0.0)

acquisition = Acquisition(Source(), HDF5(), camera="cam")
acquisition.start()
acquisition.open(place / "a.h5")
done, good = None, 0
while done is None:
    ended = threading.Event()
    result = []
    order = Order(1, on_end=result.append)
    acquisition.arm(order)
    order.ended.wait(30)
    done = result[0]
    good += done is None
print(type(done).__name__, getattr(done, "errno", None), good, flush=True)
try:
    acquisition.close()
except Exception as error:
    print("close:", type(error).__name__, flush=True)
import os
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, small_disk], capture_output=True, text=True, timeout=60, check=False
    )
    first = done.stdout.splitlines()[0].split()
    assert first[0] == "OSError", done.stdout + done.stderr
    good = int(first[2])
    assert 5 <= good < 16
    data, ids = stored(small_disk / "a.h5")
    assert len(data) == len(ids) == good, "no row without a frame"
    assert ids.tolist() == list(range(1, good + 1))
    assert [int(frame[0, 0]) for frame in data] == list(range(1, good + 1))


class BrokenOnce:
    """An HDF5 writer, one call of which fails, as on a disk that is full for a moment."""

    def __init__(self, writer, method, at):
        self._writer, self._method, self._left = writer, method, at

    def __getattr__(self, name):
        method = getattr(self._writer, name)

        def call(*args):
            if name == self._method:
                self._left -= 1
                if self._left == 0:
                    raise OSError(28, "No space left on device")
            return method(*args)

        return call


@pytest.fixture
def break_writer(monkeypatch):
    def arrange(method, at):
        make = HDF5.writer
        monkeypatch.setattr(HDF5, "writer", lambda *args: BrokenOnce(make(*args), method, at))

    return arrange


@pytest.mark.parametrize(("method", "at"), [("append", 5), ("flush", 2)])
def test_nothing_is_appended_behind_a_gap(acquire, source, tmp_path, break_writer, method, at, take, stored):
    break_writer(method, at)
    acquisition = acquire(source)
    assert take(acquisition, 3)[2] is None
    errors = [take(acquisition, 3)[2] for _ in range(3)]
    assert all(isinstance(error, OSError) and error.errno == 28 for error in errors)
    np.testing.assert_array_equal(stored(tmp_path / "0.h5")[0], [source.expected(k) for k in range(3)])


def test_frames_that_cannot_be_taken_back_refuse_further_orders(acquire, source, tmp_path, break_writer, take):
    break_writer("remove", 1)
    acquisition = acquire(source)
    assert take(acquisition, 2)[2] is None
    acquisition.placing.take_back(1)
    assert isinstance(take(acquisition, 1)[2], OSError)


class SlowWriter:
    """An HDF5 writer whose first append waits, as on a network share that hangs."""

    def __init__(self, writer, gate, entered):
        self._writer, self._gate, self._entered = writer, gate, entered

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def append(self, *args):
        self._entered.set()
        self._gate.wait(60)
        self._writer.append(*args)


def test_a_file_system_that_hangs(source, tmp_path, monkeypatch):
    gate, entered = threading.Event(), threading.Event()
    make = HDF5.writer
    monkeypatch.setattr(HDF5, "writer", lambda *args: SlowWriter(make(*args), gate, entered))
    acquisition = Acquisition(source, HDF5(), camera="cam", frame_timeout=0.1)
    acquisition.start()
    acquisition.open(tmp_path / "a.h5")
    order = Order(1)
    acquisition.arm(order)
    assert entered.wait(10)
    with pytest.raises(TimeoutError, match=r"writing .*a\.h5 has not ended .* is its disk or share stuck"):
        acquisition.cancel()
    with pytest.raises(RuntimeError, match="are taken back; is the disk or share stuck"):
        acquisition.arm(Order(1))
    with pytest.raises(TimeoutError, match="is its disk or share stuck"):
        acquisition.close()
    assert acquisition.stuck, "staging is refused while its file is open"
    gate.set()
    assert order.ended.wait(10)
    acquisition._writer._thread.join(10)
    assert not acquisition.stuck


def test_a_file_system_that_hangs_while_the_order_is_held(source, tmp_path, monkeypatch):
    """Nothing else is asked of the source then, but it is found out all the same."""
    gate, entered = threading.Event(), threading.Event()
    make = HDF5.writer
    monkeypatch.setattr(HDF5, "writer", lambda *args: SlowWriter(make(*args), gate, entered))
    acquisition = Acquisition(source, HDF5(), camera="cam", frame_timeout=0.1)
    acquisition.start()
    acquisition.open(tmp_path / "a.h5")
    overdue = SimpleQueue()
    order = Order(None, point=1, numbers=False, on_overdue=overdue.put)
    acquisition.arm(order)
    assert entered.wait(10)
    order.hold()
    try:
        assert "is its disk or share stuck" in str(overdue.get(timeout=10))
    finally:
        gate.set()
        acquisition.close()


def test_a_file_system_that_hangs_while_frames_are_taken_out(source, tmp_path, monkeypatch, take):
    gate, make = threading.Event(), HDF5.writer

    class Hanging:
        def __init__(self, writer):
            self._writer = writer

        def __getattr__(self, name):
            return getattr(self._writer, name)

        def remove(self, *args):
            gate.wait(60)
            self._writer.remove(*args)

    monkeypatch.setattr(HDF5, "writer", lambda *args: Hanging(make(*args)))
    acquisition = Acquisition(source, HDF5(), camera="cam", frame_timeout=0.1)
    acquisition.start()
    acquisition.open(tmp_path / "a.h5")
    assert take(acquisition, 2)[2] is None
    acquisition.placing.take_back(1)
    overdue = SimpleQueue()
    acquisition.arm(Order(1, on_overdue=overdue.put))
    assert "is its disk or share stuck" in str(overdue.get(timeout=10))
    gate.set()
    acquisition.close()


def test_a_callback_may_cancel(acquire, source, tmp_path, take):
    acquisition = acquire(source)
    ends = SimpleQueue()
    order = Order(500, on_written=lambda _: acquisition.cancel(), on_end=ends.put)
    acquisition.arm(order)
    assert ends.get(timeout=20) is None
    assert take(acquisition, 1)[2] is None


@pytest.mark.parametrize("frame_id", [None, "x", 2**63])
def test_a_frame_id_that_is_no_number_fails_its_order_only_in_the_file(
    acquire, source, tmp_path, frame_id, take, stored
):
    acquisition = acquire(source)
    assert take(acquisition, 2)[2] is None
    good = source.next_frame
    source.next_frame = lambda timeout: Frame(good(timeout).array, frame_id, 0.0)
    assert isinstance(take(acquisition, 1)[2], (TypeError, ValueError, OverflowError))
    acquisition.close()
    data, ids = stored(tmp_path / "0.h5")
    assert len(data) == len(ids) == 2


def test_nan_in_a_frame_is_seen_in_its_numbers(acquire, take):
    array, ids = np.array([[1.0, np.nan], [3.0, 2.0]]), count()

    class Nan:
        shape, dtype = (2, 2), np.dtype("f8")

        def start(self): ...
        def stop(self): ...

        def next_frame(self, timeout):
            return Frame(array, next(ids), 0.0)

    order, _, _ = take(acquire(Nan(), statistics=("mean", "max")), 2)
    assert np.isnan(order.numbers["max"])
    assert np.isnan(order.numbers["mean"])
