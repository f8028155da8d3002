"""Several exposures into one frame."""

import numpy as np
import pytest

from framestore import Frame, LostFramesError

NUMBERS = {"statistics": ("mean", "max", "sum")}


class Exposing:
    """Known exposures in one buffer that is filled anew."""

    def __init__(self, dtype, shape=(4, 5)):
        self.shape, self.dtype = shape, np.dtype(dtype)
        random = np.random.default_rng(5)
        if self.dtype.kind in "iu":
            info = np.iinfo(self.dtype)
            self.exposures = random.integers(info.min, info.max, (24, *shape), self.dtype, endpoint=True)
        else:
            self.exposures = (random.random((24, *shape)) * 100).astype(self.dtype)
        self.count = 0
        self._buffer = np.empty(shape, self.dtype)

    def start(self): ...
    def stop(self): ...

    def next_frame(self, timeout):
        self._buffer[...] = self.exposures[self.count]
        self.count += 1
        return Frame(self._buffer, self.count, float(self.count))


@pytest.mark.parametrize(
    ("dtype", "total", "mean"),
    [
        ("bool", "u4", "f4"),
        ("uint8", "u4", "f4"),
        ("uint16", "u4", "f4"),
        ("int16", "i4", "f4"),
        ("uint32", "u8", "f8"),
        ("int32", "i8", "f8"),
        ("uint64", "f8", "f8"),
        ("float32", "f8", "f4"),
        ("float64", "f8", "f8"),
    ],
)
@pytest.mark.parametrize("way", ["sum", "mean"])
def test_frames_are_what_numpy_makes_of_the_exposures(acquire, take, stored, tmp_path, dtype, total, mean, way):
    source = Exposing(dtype)
    acquisition = acquire(source, exposures_per_frame=4, combination=way, **NUMBERS)
    order, _, error = take(acquisition, 3)
    assert error is None
    take(acquisition, 3)
    exact = source.exposures.reshape(6, 4, 4, 5).astype("f8" if source.dtype.kind == "f" else object)
    expected = exact.sum(axis=1) if way == "sum" else exact.sum(axis=1) / 4
    data, ids = stored(tmp_path / "0.h5")
    assert data.dtype == acquisition.dtype == np.dtype(total if way == "sum" else mean)
    np.testing.assert_allclose(data.astype("f8"), expected.astype("f8"), rtol=1e-6 if data.dtype == "f4" else 1e-15)
    if way == "sum" and data.dtype.kind in "iu":
        assert (data.astype(object) == expected).all(), "sums of whole numbers are exact"
    assert ids.tolist() == [1, 5, 9, 13, 17, 21], "a frame has the id of its first exposure"
    assert order.numbers["max"] == data[:3].max()
    assert order.numbers["mean"] == pytest.approx(data[:3].astype("f8").mean(), rel=1e-6)


def test_a_lost_exposure_fails_the_frame_or_is_counted(acquire, take):
    class Losing(Exposing):
        def next_frame(self, timeout):
            if self.count == 5:
                self.count += 1
            return super().next_frame(timeout)

    assert isinstance(take(acquire(Losing("uint8"), exposures_per_frame=4), 2)[2], LostFramesError)
    order, _, error = take(acquire(Losing("uint8"), exposures_per_frame=4, on_dropped="record"), 2)
    assert error is None
    assert order.dropped == 1


def test_a_cancelled_order_leaves_no_half_made_frame(acquire, take, stored, tmp_path):
    import threading

    from framestore.acquisition import Order

    entered, gate = threading.Event(), threading.Event()

    class Waiting(Exposing):
        def next_frame(self, timeout):
            if self.count == 2:
                entered.set()
                gate.wait(30)
            return super().next_frame(timeout)

    source = Waiting("uint8")
    acquisition = acquire(source, exposures_per_frame=4, combination="sum")
    acquisition.arm(Order(1))
    assert entered.wait(10)
    acquisition.cancel()
    gate.set()
    assert take(acquisition, 1)[2] is None
    data, _ = stored(tmp_path / "0.h5")
    np.testing.assert_array_equal(data[0], source.exposures[3:7].sum(axis=0, dtype="u4"))


def test_what_cannot_be_added_is_refused(tmp_path):
    from framestore.acquisition import Acquisition
    from framestore.formats import HDF5

    class Complex(Exposing):
        def __init__(self):
            self.shape, self.dtype = (2, 2), np.dtype("complex64")

    acquisition = Acquisition(Complex(), HDF5(), camera="cam", exposures_per_frame=2)
    with pytest.raises(ValueError, match="exposures of dtype complex64 cannot be combined"):
        acquisition.start()
