"""The settings of the simulated camera: what they do to its frames."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from framestore.sources import SimulatedSource


def flat(shape):
    return np.full(shape, 100.0)


def made(**kwargs):
    source = SimulatedSource((6, 8), "uint16", flat, **{"noise": False, **kwargs})
    source.start()
    return source


def read(source):
    return {name: setting.read(name) for name, setting in source.settings.items()}


def mean(source):
    return source.next_frame(10).array.mean()


def test_it_has_those_that_it_needs():
    assert read(made()) == {"exposure_time": 0.0, "gain": 1.0, "pixel_format": "Mono16"}
    assert read(made(rate=50)) == {"exposure_time": 0.02, "gain": 1.0, "frame_rate": 50.0, "pixel_format": "Mono16"}
    assert "pixel_format" not in SimulatedSource(dtype="float32").settings


@pytest.mark.parametrize("rate", [0.01, 3, 49, 1e4])
def test_what_it_has_at_first_can_be_put_back(rate):
    for setting in made(rate=rate).settings.values():
        assert setting.allows(setting.read())


def test_counts_go_with_gain_and_exposure_time():
    source = made(rate=100)
    assert mean(source) == 100
    source.settings["gain"].set(4.0)
    assert mean(source) == 400
    source.settings["exposure_time"].set(0.001)
    assert mean(source) == 40
    source.settings["gain"].set(1.0)
    source.settings["exposure_time"].set(0.01)
    assert mean(source) == 100


def test_without_a_rate_a_frame_has_the_counts_of_10_ms():
    source = made()
    assert mean(source) == 100
    source.settings["exposure_time"].set(0.02)
    assert mean(source) == 200
    source.settings["exposure_time"].set(0.0)
    assert mean(source) == 100


def test_noise_is_that_of_photons_not_of_counts():
    source = SimulatedSource((200, 200), "uint16", flat, seed=1)
    source.start()
    source.settings["gain"].set(10.0)
    frame = source.next_frame(1).array.astype(float)
    assert frame.mean() == pytest.approx(1000, rel=0.01)
    assert frame.var() == pytest.approx(100 * 100, rel=0.05)


def test_an_exposure_takes_the_time_that_was_set():
    source = made()
    source.settings["exposure_time"].set(0.05)
    assert source.exposure_time == 0.05
    began = time.monotonic()
    source.next_frame(1)
    assert time.monotonic() - began >= 0.05
    with pytest.raises(TimeoutError, match=r"exposure takes 0.05 s, longer than the 0.001 s"):
        source.next_frame(0.001)


def test_exposures_and_frame_rate_limit_each_other():
    source = made(rate=20)
    source.settings["exposure_time"].set(0.5)
    assert source.settings["frame_rate"].read() == 2.0
    assert source.settings["frame_rate"].limits[1] == 2.0
    source.settings["exposure_time"].set(0.001)
    assert source.settings["frame_rate"].read() == 20.0, "as was asked for"
    assert source.settings["frame_rate"].limits[1] == 1000.0
    source.settings["frame_rate"].set(40.0)
    assert source.settings["frame_rate"].read() == 40.0


@pytest.mark.parametrize("free_running", [False, True])
def test_frames_begin_one_period_after_another(free_running):
    source = made(rate=20, free_running=free_running)
    source.settings["exposure_time"].set(0.002)
    source.settings["frame_rate"].set(50.0)
    stamps = [source.next_frame(1).timestamp for _ in range(5)]
    assert all(after - before >= 0.0199 for before, after in pairwise(stamps))
    assert time.time() - stamps[-1] >= 0.002, "given when its exposure is over"


def test_a_free_running_camera_begins_anew_with_numbers_that_go_on():
    source = made(rate=100, free_running=True)
    before = [source.next_frame(1) for _ in range(3)]
    asked = time.time()
    source.settings["exposure_time"].set(0.02)
    after = [source.next_frame(1) for _ in range(3)]
    assert all(frame.timestamp >= asked for frame in after)
    ids = [frame.frame_id for frame in before + after]
    assert ids == sorted(set(ids))
    assert [later - earlier for earlier, later in pairwise(ids[3:])] == [1, 1]
    assert {frame.array.mean() for frame in after} == {200}


def test_the_pixel_format_is_that_of_the_next_start():
    source = made()
    setting = source.settings["pixel_format"]
    assert not setting.while_staged
    setting.set("Mono8")
    source.start()
    assert source.dtype == np.dtype("uint8") == source.next_frame(1).array.dtype
    assert source.settings["pixel_format"].read() == "Mono8"


def test_another_thread_may_ask_for_the_exposure_time_during_an_exposure():
    source = made(rate=5)
    exposing = threading.Thread(target=source.next_frame, args=(1,))
    exposing.start()
    assert source.exposure_time == 0.2
    exposing.join()
