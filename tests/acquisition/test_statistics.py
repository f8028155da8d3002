"""Numbers of events: exact, of whole frames and of regions, by numpy alone and with numba."""

import math
import subprocess
import sys
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framestore import ROI, Frame
from framestore.acquisition import STATISTICS, Order
from framestore.acquisition.pool import Pool
from framestore.acquisition.statistics import Statistics
from framestore.acquisition.statistics.kernels import numba

ALL = tuple(STATISTICS)
EXACT = ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int32"]
FLOATS = ["float16", "float32", "float64", "longdouble", "uint64", "int64"]
compiled = pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "numba"])


@pytest.fixture(autouse=True, scope="module")
def _numba_is_there():
    assert numba() is not None, "pip install '.[stats]': these tests compare both ways"


def numbers(frames, names=ALL, rois=None, *, compiled):
    """What `Statistics` computes of frames, as its thread does."""
    statistics = Statistics(names, "cam", rois, compiled=compiled)
    statistics.prepare(frames[0].shape, frames[0].dtype)
    order = Order(len(frames))
    statistics.start()
    try:
        statistics.begin(order)
        for frame in frames:
            statistics.put(order, held(frame))
        return statistics.result(order)
    finally:
        statistics.stop(10)


def held(frame):
    slot = Pool(1, frame.nbytes).take(0)
    slot.hold(frame, holders=1, copy=False)
    return slot


def planes(frames):
    """Each frame as (height, width, values of a pixel)."""
    return [frame.reshape(*(frame.shape[:2] if frame.ndim > 1 else (1, *frame.shape)), -1) for frame in frames]


def exactly(frames):
    """All five numbers by Python's integers and fractions, and centroids rounded once."""
    total = x_moment = y_moment = pixels = 0
    for plane in planes(frames):
        whole = plane.astype(object) + 0  # bool, too, is a number
        pixels += plane.size
        total += int(whole.sum())
        x_moment += sum(x * int(whole[:, x].sum()) for x in range(plane.shape[1]))
        y_moment += sum(y * int(whole[y].sum()) for y in range(plane.shape[0]))
    return {
        "mean": float(Fraction(total, pixels)),
        "max": max(int(frame.max()) for frame in frames),
        "sum": total,
        "centroid_x": float(Fraction(x_moment, total)) if total else math.nan,
        "centroid_y": float(Fraction(y_moment, total)) if total else math.nan,
    }


def nearly(frames):
    """The same in numpy's longdouble, and how far float64 sums may be away, by name."""
    stack = np.stack(planes(frames)).astype(np.longdouble)
    y, x = np.mgrid[: stack.shape[1], : stack.shape[2]]
    total, size = stack.sum(), np.abs(stack).sum()
    far = size / abs(total) if total else math.inf
    moments = {name: (stack * w[..., np.newaxis]).sum() for name, w in (("centroid_x", x), ("centroid_y", y))}
    weighed = {name: moment / total if total else math.nan for name, moment in moments.items()}
    tolerances = {
        "mean": 1e-12 * size / stack.size,
        "max": 0,
        "sum": 1e-12 * size,
        "centroid_x": 2e-12 * far * stack.shape[2],
        "centroid_y": 2e-12 * far * stack.shape[1],
    }
    return {"mean": stack.mean(), "max": stack.max(), "sum": total, **weighed}, tolerances


def same(found, expected):
    """Whether numbers are equal to the last bit and of the same type; NaN equals NaN."""
    return list(found) == list(expected) and all(
        type(found[name]) is type(value) and (found[name] == value or (value != value and found[name] != found[name]))  # noqa: PLR0124
        for name, value in expected.items()
    )


@st.composite
def integer_frames(draw):
    dtype = np.dtype(draw(st.sampled_from(EXACT)))
    shape = draw(
        st.one_of(
            st.tuples(st.integers(1, 40)),
            st.tuples(st.integers(1, 20), st.integers(1, 20)),
            st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
        )
    )
    least, most = (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    values = st.one_of(st.sampled_from([least, most, 0]), st.integers(least, most))
    size = math.prod(shape)
    return [
        np.array(draw(st.lists(values, min_size=size, max_size=size))).astype(dtype).reshape(shape)
        for _ in range(draw(st.integers(1, 3)))
    ]


@given(integer_frames())
@settings(deadline=None, max_examples=150)
@compiled
def test_numbers_of_integers_are_exact(compiled, frames):
    found = numbers(frames, compiled=compiled)
    assert same(found, exactly(frames)), f"{found} is not {exactly(frames)}"


@compiled
@pytest.mark.parametrize("shape", [(2048, 2048), (1, 2048), (2048, 1), (3, 5000, 3), (200_000,)], ids=str)
@pytest.mark.parametrize(
    ("dtype", "value"),
    [("uint8", 2**8 - 1), ("uint16", 2**16 - 1), ("uint32", 2**32 - 1), ("int16", -(2**15)), ("int32", -(2**31))],
)
def test_frames_full_of_the_largest_value_do_not_overflow(compiled, dtype, value, shape):
    height, width = shape[:2] if len(shape) > 1 else (1, *shape)
    found = numbers([np.full(shape, value, dtype)] * 3, compiled=compiled)
    expected = {
        "mean": float(value),
        "max": value,
        "sum": 3 * value * math.prod(shape),
        "centroid_x": (width - 1) / 2,
        "centroid_y": (height - 1) / 2,
    }
    assert same(found, expected), f"{found} is not {expected}"


@compiled
def test_a_burst_whose_sums_outgrow_64_bits_is_exact(compiled):
    """As many frames as that would take days; the limit is lowered to what they reach in seconds."""
    frames = [np.full((7, 11), 2**32 - 1 - k, "uint32") for k in range(20)]
    statistics = Statistics(ALL, "cam", compiled=compiled)
    statistics.prepare((7, 11), np.dtype("uint32"))
    for _, weights in statistics._regions:
        assert weights.frames_to_add > 2**27
        weights.frames_to_add, weights.frames_to_weigh = 3, 2
    order = Order(len(frames))
    statistics.begin(order)
    statistics.start()
    for frame in frames:
        statistics.put(order, held(frame))
    assert same(statistics.result(order), exactly(frames))
    statistics.stop(10)


@compiled
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (31, 17, 3), (257, 130), (64,)], ids=str)
def test_numbers_of_floats_and_64_bits_are_close(compiled, dtype, shape):
    random = np.random.default_rng(5)
    scale = 1000 if dtype == "float16" else 2**60
    frames = [((random.random(shape) - 0.2 * (dtype != "uint64")) * scale).astype(dtype) for _ in range(3)]
    found = numbers(frames, compiled=compiled)
    expected, tolerances = nearly(frames)
    for name in ALL:
        assert abs(found[name] - expected[name]) <= tolerances[name], name
    assert found["max"] == max(frame.max() for frame in frames)


@given(
    st.lists(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=15, max_size=15),
        min_size=1,
        max_size=3,
    )
)
@settings(deadline=None, max_examples=100)
@compiled
def test_numbers_of_any_finite_float32_are_close(compiled, lists):
    frames = [np.array(values, "float32").reshape(5, 3) for values in lists]
    found = numbers(frames, compiled=compiled)
    expected, tolerances = nearly(frames)
    for name in ("mean", "max", "sum"):
        assert abs(found[name] - expected[name]) <= tolerances[name] + 1e-320, name


@compiled
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("height", [1, 4, 6])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # the oracle's
def test_nan_and_infinity_are_as_in_numpy(compiled, bad, height, dtype):
    frames = [np.ones((height, 9), dtype) for _ in range(3)]
    frames[1][height - 1, 7] = bad
    found = numbers(frames, compiled=compiled)
    for name, expected in (("mean", np.mean(frames)), ("max", np.max(frames)), ("sum", np.sum(frames))):
        np.testing.assert_equal(found[name], float(expected), name)
    assert math.isnan(found["centroid_x"])
    assert math.isnan(found["centroid_y"])


@compiled
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # the oracle's
def test_infinities_that_cancel_leave_the_maximum(compiled):
    frame = np.array([[math.inf, 1.0], [-math.inf, 2.0]])
    found = numbers([frame, frame], compiled=compiled)
    assert math.isnan(found["sum"])
    assert found["max"] == math.inf
    assert numbers([np.full((5, 3), -math.inf)], compiled=compiled)["max"] == -math.inf


@compiled
@pytest.mark.parametrize("dtype", ["bool", "uint16", "int16", "uint32", "float32", "float64", "uint64"])
@pytest.mark.parametrize("name", ALL)
def test_a_number_alone_is_as_among_all(compiled, name, dtype):
    frames = [(np.random.default_rng(k).random((33, 21)) * 99).astype(dtype) for k in range(2)]
    assert numbers(frames, (name,), compiled=compiled) == {
        name: pytest.approx(numbers(frames, compiled=compiled)[name], rel=1e-14)
    }


@compiled
def test_names_come_in_the_order_in_which_they_were_asked_for(compiled):
    names = ("centroid_y", "max", "mean")
    found = numbers([np.ones((3, 4), "uint16")], names, {"spot": ROI(x=0, y=0, width=1, height=1)}, compiled=compiled)
    assert list(found) == [*names, *(f"spot_{name}" for name in names)]


@compiled
def test_a_black_frame_has_no_centroid(compiled):
    found = numbers([np.zeros((5, 4), "uint16")], compiled=compiled)
    assert (found["mean"], found["max"], found["sum"]) == (0.0, 0, 0)
    assert math.isnan(found["centroid_x"])
    assert math.isnan(found["centroid_y"])


@compiled
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_frames_that_lie_otherwise_in_memory(compiled, dtype):
    """Not contiguous, read-only, beginning between two pixels, of the other byte order."""
    plain = (np.random.default_rng(1).random((40, 30)) * 999).astype(dtype)
    odd = np.frombuffer(b"x" + plain.tobytes(), np.uint8)[1:].view(dtype).reshape(plain.shape)
    wide = np.repeat(plain, 2, axis=1)[:, ::2]
    swapped = plain.astype(plain.dtype.newbyteorder())
    expected = numbers([plain], compiled=False)
    assert not odd.flags.writeable
    assert not odd.flags.aligned
    for frame in (odd, wide, swapped, np.asfortranarray(plain)):
        assert numbers([frame], compiled=compiled) == pytest.approx(expected, rel=1e-14)


@st.composite
def rectangles(draw):
    x, y = draw(st.integers(0, 12)), draw(st.integers(0, 8))
    return ROI(x=x, y=y, width=draw(st.integers(1, 13 - x)), height=draw(st.integers(1, 9 - y)))


@given(rectangles(), st.sampled_from(["uint8", "int16", "uint32", "float32"]), st.sampled_from([(9, 13), (9, 13, 3)]))
@settings(deadline=None, max_examples=150)
@compiled
def test_a_region_has_the_numbers_of_its_pixels_at_their_place_in_the_frame(compiled, roi, dtype, shape):
    frames = [(np.random.default_rng(k).random(shape) * 100).astype(dtype) for k in range(2)]
    cut = [frame[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width] for frame in frames]
    alone = [np.zeros_like(frame) for frame in frames]  # black elsewhere: the same centroids
    for black, pixels in zip(alone, cut, strict=True):
        black[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width] = pixels
    found = numbers(frames, rois={"spot": roi}, compiled=compiled)
    exact = dtype != "float32"
    inside, placed = (exactly(cut), exactly(alone)) if exact else (nearly(cut)[0], nearly(alone)[0])
    expected = inside | {name: placed[name] for name in ("centroid_x", "centroid_y")}
    for name, value in expected.items():
        assert found[f"spot_{name}"] == (value if exact else pytest.approx(float(value), rel=1e-12, nan_ok=True)), name
    assert {name: found[name] for name in ALL} == numbers(frames, compiled=compiled)


@compiled
def test_pixels_outside_a_region_are_not_looked_at(compiled):
    """A NaN there would show in any sum."""
    frame = np.full((50, 60), math.nan)
    frame[10:13, 20:24] = 7.0
    found = numbers(
        [frame] * 2, ("sum", "max", "centroid_x"), {"spot": ROI(x=20, y=10, width=4, height=3)}, compiled=compiled
    )
    assert math.isnan(found["sum"])
    assert {name: found[f"spot_{name}"] for name in ("sum", "max", "centroid_x")} == {
        "sum": 168,
        "max": 7,
        "centroid_x": 21.5,
    }


def test_a_region_of_a_one_dimensional_frame():
    found = numbers([np.arange(10, dtype="uint16")], rois={"peak": ROI(x=8, y=0, width=2, height=1)}, compiled=None)
    assert found["peak_sum"] == 17
    assert found["peak_centroid_x"] == (8 * 8 + 9 * 9) / 17
    assert found["peak_centroid_y"] == 0


@pytest.mark.parametrize(
    ("roi", "shape"),
    [
        (ROI(x=0, y=0, width=33, height=1), (16, 32)),
        (ROI(x=32, y=0, width=1, height=1), (16, 32)),
        (ROI(x=0, y=16, width=1, height=1), (16, 32, 3)),
        (ROI(x=30, y=10, width=2, height=7), (16, 32)),
        (ROI(x=0, y=1, width=1, height=1), (32,)),
    ],
)
def test_a_region_that_leaves_the_frame_is_refused_when_the_camera_starts(roi, shape):
    statistics = Statistics(ALL, "cam", {"good": ROI(x=0, y=0, width=1, height=1), "spot": roi})
    with pytest.raises(ValueError, match="cam: ROI 'spot' has columns") as refused:
        statistics.prepare(shape, np.dtype("uint16"))
    for part in (f"{roi.x} to {roi.x + roi.width - 1}", f"{roi.y} to {roi.y + roi.height - 1}", str(shape)):
        assert part in str(refused.value)


@pytest.mark.parametrize("name", ["", "my spot", "1st", "a-b", "a.b"])
def test_a_region_s_name_is_an_identifier(name):
    with pytest.raises(ValueError, match="cannot name a ROI") as refused:
        Statistics(ALL, "cam", {name: ROI(x=0, y=0, width=1, height=1)})
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("field", ["x", "y", "width", "height"])
@pytest.mark.parametrize("value", [-1, 1.0, "3", None, True])
def test_a_region_s_edges_are_whole_numbers(field, value):
    with pytest.raises(ValueError, match=f"ROI: {field} must be a whole number of pixels") as refused:
        ROI(**({"x": 1, "y": 1, "width": 1, "height": 1} | {field: value}))
    assert repr(value) in str(refused.value)


def test_a_region_without_extent_is_none():
    for field in ("width", "height"):
        with pytest.raises(ValueError, match=f"{field} .* from 1 on, not 0"):
            ROI(**({"x": 0, "y": 0, "width": 1, "height": 1} | {field: 0}))
    assert ROI(x=np.int64(0), y=np.uint8(0), width=1, height=1) == ROI(x=0, y=0, width=1, height=1)


class Large:
    """Frames of different numbers, large enough for a compiled pass; one buffer."""

    shape, dtype = (600, 700), np.dtype("uint16")

    def __init__(self):
        self._count = count()
        self._buffer = self.frame(0)

    def frame(self, k):
        return (np.arange(600 * 700).reshape(600, 700) * (k + 3) % 65521).astype("uint16")

    def start(self): ...
    def stop(self): ...

    def next_frame(self, timeout):
        k = next(self._count)
        self._buffer[...] = self.frame(k)
        return Frame(self._buffer, k, 0.0)


def test_bursts_and_points_in_turn_through_an_acquisition(acquire, take):
    """Those of one frame are computed on the reader's thread, the others on a thread of their own."""
    source, first = Large(), 0
    acquisition = acquire(source, statistics=ALL, rois={"spot": ROI(x=5, y=6, width=300, height=20)})
    for frames in (1, 7, 1, 1, 30):
        order, _, error = take(acquisition, frames)
        assert error is None
        taken = [source.frame(k).astype(np.uint64) for k in range(first, first + frames)]
        assert order.numbers["sum"] == sum(int(frame.sum()) for frame in taken)
        assert order.numbers["max"] == max(int(frame.max()) for frame in taken)
        assert order.numbers["spot_sum"] == sum(int(frame[6:26, 5:305].sum()) for frame in taken)
        assert order.numbers["mean"] == order.numbers["sum"] / (frames * 600 * 700)
        first += frames


def test_cameras_side_by_side_do_not_mix_their_numbers(acquire, take):
    sources = [Large() for _ in range(3)]
    acquisitions = [acquire(source, statistics=("sum", "centroid_x")) for source in sources]
    orders = [Order(12) for _ in sources]
    for acquisition, order in zip(acquisitions, orders, strict=True):
        acquisition.arm(order)
    for order in orders:
        assert order.ended.wait(30)
    expected = exactly([sources[0].frame(k) for k in range(12)])
    for order in orders:
        assert order.numbers == {name: expected[name] for name in ("sum", "centroid_x")}


def test_frames_of_a_cancelled_burst_are_not_in_the_next(acquire, take, stored, tmp_path):
    acquisition = acquire(Large(), statistics=("sum",))
    cancelled = Order(10_000)
    acquisition.arm(cancelled)
    acquisition.cancel()
    assert cancelled.ended.wait(30)
    order, _, error = take(acquisition, 5)
    assert error is None
    frames, _ = stored(tmp_path / "0.h5")
    assert len(frames) == 5
    assert order.numbers == {"sum": int(frames.sum(dtype=np.uint64))}


@compiled
def test_an_error_in_the_computation_fails_its_order_and_no_other(compiled):
    statistics = Statistics(ALL, "cam", compiled=compiled)
    statistics.prepare((4, 4), np.dtype("uint16"))
    statistics.start()
    broken, next_one = Order(3), Order(2)
    for order, frame in ((broken, np.full((4, 4), None)), (next_one, np.ones((4, 4), "uint16"))):
        statistics.begin(order)
        for _ in range(order.frames):
            statistics.put(order, held(frame))
    with pytest.raises(TypeError):
        statistics.result(broken)
    assert statistics.result(next_one)["sum"] == 32
    statistics.stop(10)


def test_a_region_that_leaves_the_frame_stops_the_start(acquire):
    with pytest.raises(ValueError, match="cam: ROI 'far' has columns 690 to 700"):
        acquire(Large(), statistics=ALL, rois={"far": ROI(x=690, y=0, width=11, height=1)})


def test_all_is_compiled_before_the_first_frame():
    """A function that meets a type for the first time would compile in a burst."""
    for dtype in ("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64"):
        frame = np.ones((20, 20), dtype)
        numbers([frame], compiled=True)  # prepared, computed
        statistics = Statistics(ALL, "cam", {"spot": ROI(x=1, y=1, width=3, height=3)}, compiled=True)
        statistics.prepare(frame.shape, frame.dtype)
        kernel = statistics._pass._kernel
        assert len(kernel.signatures) == 1
        order = Order(1)
        statistics.begin(order)
        statistics.put(order, held(frame))
        statistics.result(order)
        assert len(kernel.signatures) == 1, dtype


WITHOUT = """
import sys
sys.modules["numba"] = None  # as if it were not installed
import numpy as np
from framestore.acquisition import Order
from framestore.acquisition.pool import Pool
from framestore.acquisition.statistics import STATISTICS, Statistics
frame = (np.arange(600 * 700).reshape(600, 700) * 3 % 65521).astype("uint16")
statistics = Statistics(tuple(STATISTICS), "cam")
statistics.prepare(frame.shape, frame.dtype)
order, slot = Order(1), Pool(1, 1).take(0)
slot.hold(frame, holders=1, copy=False)
statistics.begin(order)
statistics.put(order, slot)
print(statistics.result(order))
"""


def test_without_numba_the_numbers_are_the_same():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(numbers([Large().frame(0)], compiled=True))
    assert not done.stderr


def test_small_frames_do_not_bring_numba_in():
    code = "import sys, numpy, framestore.acquisition.statistics as s\n"
    code += "s.Statistics(('mean',), 'cam').prepare((64, 64), numpy.dtype('u2')); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
