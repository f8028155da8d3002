"""The sources that framestore has."""

import time

import numpy as np
import pytest

from framestore.sources import CallableSource, GaussianBlob, SimulatedSource


def test_a_function_is_called_once_a_frame():
    calls = []
    source = CallableSource(lambda: calls.append(1) or np.zeros((2, 3), "u1"), shape=(2, 3), dtype="u1")
    source.start()
    assert not calls, "shape and dtype were given"
    frames = [source.next_frame(1) for _ in range(3)]
    assert len(calls) == 3
    assert [frame.frame_id for frame in frames] == [0, 1, 2]


@pytest.mark.parametrize("given", [{}, {"shape": (2, 3)}, {"dtype": "u1"}])
def test_one_extra_call_at_the_first_start_finds_what_is_not_given(given):
    calls = []
    source = CallableSource(lambda: calls.append(1) or np.zeros((2, 3), "u1"), **given)
    source.start()
    source.stop()
    source.start()
    assert (source.shape, source.dtype) == ((2, 3), np.dtype("u1"))
    assert len(calls) == 1


def test_timestamps_are_posix_seconds_of_the_exposure_s_start():
    source = CallableSource(lambda: np.zeros((2, 2)))
    source.start()
    before = time.time()
    frame = source.next_frame(1)
    assert before <= frame.timestamp <= time.time()


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="grab must be a function"):
        CallableSource(np.zeros((2, 2)))


def test_the_blob_is_where_its_position_says():
    where = [0.0, 0.0]
    blob = GaussianBlob(lambda: tuple(where), scale=10, sigma=4, background=0)
    source = SimulatedSource((81, 121), "float64", blob, noise=False)
    source.start()
    for x, y in [(0, 0), (2, -1), (-3, 2)]:
        where[:] = x, y
        row, column = np.unravel_index(source.next_frame(1).array.argmax(), (81, 121))
        assert (row, column) == (40 + 10 * y, 60 + 10 * x)


def test_noise_is_that_of_counting():
    source = SimulatedSource((200, 200), "uint16", lambda shape: np.full(shape, 50.0), seed=1)
    source.start()
    frame = source.next_frame(1).array.astype(float)
    assert frame.mean() == pytest.approx(50, rel=0.01)
    assert frame.var() == pytest.approx(50, rel=0.05)


def test_equal_seeds_give_equal_frames_after_each_start():
    source = SimulatedSource((20, 30), seed=5)
    runs = []
    for _ in range(2):
        source.start()
        runs.append([source.next_frame(1).array.copy() for _ in range(3)])
        source.stop()
    np.testing.assert_array_equal(*runs)
    assert not np.array_equal(runs[0][0], runs[0][1])


def test_counts_beyond_the_dtype_saturate():
    source = SimulatedSource((4, 4), "uint8", lambda shape: np.full(shape, 1000.0), noise=False)
    source.start()
    assert (source.next_frame(1).array == 255).all()


def test_a_rate_takes_its_time_and_a_shorter_timeout_is_an_error():
    source = SimulatedSource((4, 4), rate=50)
    source.start()
    began = time.monotonic()
    for _ in range(5):
        source.next_frame(1)
    assert time.monotonic() - began >= 0.1
    with pytest.raises(TimeoutError, match="exposure takes 0.02 s"):
        source.next_frame(0.001)


@pytest.mark.parametrize("settings", [{"shape": (4,)}, {"shape": (0, 4)}, {"rate": 0}, {"rate": -1}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="must be"):
        SimulatedSource(**settings)


def test_a_function_whose_frames_have_changed_is_asked_anew_at_the_next_start():
    shape = [(4, 5)]
    source = CallableSource(lambda: np.zeros(shape[0], "u1"))
    source.start()
    shape[0] = (8, 9)
    assert source.next_frame(1.0).array.shape != source.shape, "which is refused"
    source.stop()
    source.start()
    assert source.shape == (8, 9)


def test_a_function_that_returns_nothing_is_named():
    def forgets():
        pass

    with pytest.raises(TypeError, match=r"forgets\) returned None; the function must return an array"):
        CallableSource(forgets).start()
