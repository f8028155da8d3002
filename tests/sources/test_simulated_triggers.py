"""The simulated camera, triggered by a line."""

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from framestore import Setting
from framestore.setting import settings_of
from framestore.sources import SimulatedSource, TriggerLine


def flat(shape):
    return np.full(shape, 100.0)


def made(line, mode=None, **kwargs):
    source = SimulatedSource((6, 8), "uint16", flat, **{"noise": False, "trigger": line, **kwargs})
    source.start()
    if mode is not None:
        source.settings["trigger_mode"].set(mode)
    return source


@pytest.fixture
def line():
    return TriggerLine()


def taken(source, count):
    frames = [source.next_frame(1.0) for _ in range(count)]
    with pytest.raises(TimeoutError, match="no exposure that a trigger began was complete within 0"):
        source.next_frame(0)
    return [(frame.frame_id, frame.timestamp) for frame in frames]


def test_only_a_camera_with_a_line_can_be_triggered(line):
    assert "trigger_mode" not in SimulatedSource().settings
    setting = SimulatedSource(trigger=line).settings["trigger_mode"]
    assert setting.read() == "internal"
    assert setting.choices == ("internal", "external_edge", "external_level")
    assert setting.while_staged
    with pytest.raises(ValueError, match="at least one buffer, got buffers=0"):
        SimulatedSource(trigger=line, buffers=0)


def test_each_rising_edge_gives_a_frame_with_its_number_and_time(line):
    source = made(line, "external_edge")
    times = [line.pulse() for _ in range(5)]
    assert taken(source, 5) == list(enumerate(times))
    assert line.rise() == line.rise(), "high already: that is no edge"
    assert line.fall() == line.fall()
    assert [number for number, _ in taken(source, 1)] == [5]


def test_what_comes_before_the_start_or_after_the_stop_is_not_seen(line):
    source = SimulatedSource((6, 8), trigger=line)
    source.settings["trigger_mode"].set("external_edge")
    line.pulse()
    source.start()
    assert taken(source, 0) == []
    line.pulse()
    source.stop()
    line.pulse()
    source.start()
    source.start()
    times = [line.pulse()]
    assert taken(source, 1) == [(0, times[0])]


def test_an_edge_during_an_exposure_is_missed_and_leaves_a_gap(line):
    source = made(line, "external_edge", rate=10)
    times = [line.pulse() for _ in range(3)]
    first = source.next_frame(1.0)
    assert time.time() >= first.timestamp + 0.1, "it is given when its exposure is over"
    times.append(line.pulse())
    assert (first.frame_id, first.timestamp) == (0, times[0])
    assert taken(source, 1) == [(3, times[3])]


def test_a_frame_under_way_is_not_broken_off_by_a_timeout(line):
    source = made(line, "external_edge", rate=20)
    began = line.pulse()
    with pytest.raises(TimeoutError):
        source.next_frame(0.01)
    assert taken(source, 1) == [(0, began)]


def test_the_last_frames_are_kept(line):
    source = made(line, "external_edge", buffers=3)
    times = [line.pulse() for _ in range(8)]
    assert taken(source, 3) == list(enumerate(times))[-3:]


def test_the_counts_are_those_of_the_time_that_the_line_is_high(line):
    source = made(line, "external_level", rate=100)  # 100 counts in 10 ms
    source.settings["exposure_time"].set(5.0)
    rose = line.rise()
    with pytest.raises(TimeoutError):
        source.next_frame(0.03)
    fell = line.fall()
    frame = source.next_frame(0)
    assert (frame.frame_id, frame.timestamp) == (0, rose)
    assert (frame.array == np.rint((fell - rose) * 1e4)).all()
    assert fell - rose >= 0.03
    times = [line.pulse() for _ in range(2)]
    assert taken(source, 2) == list(enumerate(times, 1))


def test_edges_begin_exposures_of_the_exposure_time(line):
    source = made(line, "external_edge", rate=100)
    source.settings["exposure_time"].set(0.02)
    line.pulse()
    assert source.next_frame(1.0).array.mean() == 200


def test_without_an_exposure_time_an_edge_gives_the_counts_of_10_ms(line):
    source = made(line, "external_edge")
    line.pulse()
    assert source.next_frame(0).array.mean() == 100


def test_a_fall_without_a_rise_is_nothing(line):
    line.rise()
    source = made(line, "external_level")
    line.fall()
    assert taken(source, 0) == []
    rose = line.pulse()
    assert taken(source, 1) == [(0, rose)]


@pytest.mark.parametrize("free_running", [False, True])
def test_numbers_go_on_from_mode_to_mode_and_what_was_exposed_before_is_forgotten(line, free_running):
    source = made(line, rate=100, free_running=free_running)
    mode = source.settings["trigger_mode"]
    numbers = [source.next_frame(1.0).frame_id for _ in range(2)]
    line.pulse()
    mode.set("external_edge")
    line.pulse()
    source.settings["exposure_time"].set(0.001)
    began = line.pulse()
    frame = source.next_frame(1.0)
    assert frame.timestamp == began
    numbers.append(frame.frame_id)
    line.pulse()
    changed = time.time()
    mode.set("internal")
    line.pulse()
    frame = source.next_frame(1.0)
    assert frame.timestamp >= changed
    numbers.append(frame.frame_id)
    assert numbers == sorted(set(numbers))
    if not free_running:
        assert numbers == [0, 1, 3, 5], "2 was broken off, 4 forgotten"


def test_a_mode_that_was_set_before_the_start_holds(line):
    source = SimulatedSource((6, 8), trigger=line)
    source.settings["trigger_mode"].set("external_level")
    source.start()
    assert source.settings["trigger_mode"].read() == "external_level"
    began = line.pulse()
    assert taken(source, 1) == [(0, began)]


def test_one_line_triggers_several_cameras_at_once(line):
    cameras = [made(line, "external_edge"), made(line, "external_level")]
    times = [line.pulse() for _ in range(3)]
    for camera in cameras:
        assert taken(camera, 3) == list(enumerate(times))


def test_a_camera_that_waits_is_woken_by_an_edge(line):
    source = made(line, "external_edge")
    entered, found = threading.Event(), []

    def wait():
        entered.set()
        found.append(source.next_frame(30))

    thread = threading.Thread(target=wait)
    thread.start()
    assert entered.wait(10)
    began = line.pulse()
    thread.join(10)
    assert found[0].timestamp == began


def test_pulses_come_one_period_after_another(line):
    edges = []
    line.connect(lambda rising, when: edges.append((rising, when)))
    times = line.pulses(4, period=0.02, width=0.005)
    assert [when for rising, when in edges if rising] == times
    assert [rising for rising, _ in edges] == [True, False] * 4
    widths = [fell - rose for (_, rose), (_, fell) in pairwise(edges)][::2]
    assert min(widths) >= 0.005
    assert min(later - sooner for sooner, later in pairwise(times)) >= 0.02


@pytest.mark.parametrize(("period", "width"), [(0.1, 0.2), (0.1, -0.1)])
def test_pulses_that_overlap_are_refused(line, period, width):
    with pytest.raises(ValueError, match="must end before the next begins"):
        line.pulses(2, period, width)


@pytest.mark.parametrize("choices", [None, ("On", "Off"), ("internal", "Line1")])
def test_a_trigger_mode_of_another_meaning_is_refused(choices):
    class Source:
        settings = {"trigger_mode": Setting(get=lambda: "On", set=print, choices=choices)}  # noqa: RUF012

    with pytest.raises(ValueError, match="'trigger_mode' has choices out of internal, external_edge, external_level"):
        settings_of(Source())
