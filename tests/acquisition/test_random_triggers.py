"""Random pulses and orders against a model that knows nothing but the times of the edges."""

import math
import tempfile
from pathlib import Path

import h5py
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5
from framestore.sources import SimulatedSource, TriggerLine

EXPOSURE = 0.001
"""Seconds; of pulses that come sooner one after another, some are missed."""

PULSES = st.tuples(st.integers(1, 6), st.sampled_from([0.0, EXPOSURE / 2, EXPOSURE, 3 * EXPOSURE]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pulses"), PULSES),
        st.tuples(st.just("take"), PULSES, st.integers(1, 5)),
        st.tuples(st.just("cancel"), PULSES, st.integers(2, 5)),
        st.tuples(st.just("pause"), PULSES, st.integers(1, 3)),
    ),
    max_size=8,
)


class Beamline:
    """A line, a camera at it, and what was done with them."""

    def __init__(self, line, acquisition, exposure):
        self.line = line
        self.acquisition = acquisition
        self.exposure = exposure
        self.edges = []
        self.complete = []
        """Of each order: when it was made, when it went on after a pause, how many frames it has and how many it lost.
        """

    def pulses(self, pulses):
        self.edges += self.line.pulses(*pulses)

    def take(self, pulses, frames):
        began, order = self._armed(frames)
        self.pulses(pulses)
        self._until(order)
        self.complete.append((began, math.inf, frames, order.dropped))

    def cancel(self, pulses, frames):
        began, order = self._armed(frames)
        self.pulses(pulses)
        self.acquisition.cancel()
        if not order.cancelled:
            self.complete.append((began, math.inf, frames, order.dropped))

    def pause(self, pulses, points):
        """A scan of points of two frames, held after the first or a later one."""
        began, order = self._armed(2 + 2 * points, point=2, numbers=False)
        self._until(order, lambda: order.appended)
        order.hold()
        self.pulses(pulses)
        order.go_on()
        went_on = order.began
        self.pulses(pulses)
        self._until(order)
        self.complete.append((began, went_on, order.frames, order.dropped))

    def _armed(self, frames, **kwargs):
        order = Order(frames, **kwargs)
        began = order.began
        self.acquisition.arm(order)
        return began, order

    def _until(self, order, done=lambda: False):
        """Go on to send pulses."""
        while not (order.ended.wait(2 * EXPOSURE) or done()):
            self.pulses((1, 0.0))

    def exposed(self):
        """Numbers and times of the edges that the camera did not miss."""
        busy, exposed = 0.0, []
        for number, edge in enumerate(self.edges):
            if edge >= busy:
                busy = edge + self.exposure
                exposed.append((number, edge))
        return exposed

    def check(self, found):
        """The frames in the file are those of the orders that are complete, each with those that came after it.

        A pause that was over before a point ended may not have been noticed.
        """
        for began, went_on, count, dropped in self.complete:
            frames, found = found[:count], found[count:]
            before = sum(edge < went_on for _, edge in frames)
            paused = [(began, frames[:before]), (went_on, frames[before:])] if before % 2 == 0 else []
            assert dropped in {self._missed(parts) for parts in ([(began, frames)], paused) if parts}
        assert found == []

    def _missed(self, parts):
        """How many are missing where these are the first frames after a time, and further ones; None if they are not.

        Of those that nobody wanted, none is.
        """
        missed, exposed = 0, self.exposed()
        for since, frames in parts:
            if frames != [frame for frame in exposed if frame[1] >= since][: len(frames)]:
                return None
            missed += frames[-1][0] - frames[0][0] + 1 - len(frames) if frames else 0
        return missed


def play(mode, steps, folder):
    line = TriggerLine()
    source = SimulatedSource((2, 3), rate=1 / EXPOSURE, trigger=line, buffers=10_000)
    source.settings["trigger_mode"].set(mode)
    acquisition = Acquisition(source, HDF5(), camera="cam", on_dropped="record")
    acquisition.start()
    beamline = Beamline(line, acquisition, EXPOSURE if mode == "external_edge" else 0.0)
    try:
        acquisition.open(folder / "0.h5")
        for verb, *arguments in [*steps, ("take", (1, 0.0), 1)]:
            getattr(beamline, verb)(*arguments)
    finally:
        acquisition.close()
    with h5py.File(folder / "0.h5") as file:
        ids, times = file["entry/data/frame_id"][()].tolist(), file["entry/data/timestamp"][()].tolist()
    beamline.check(list(zip(ids, times, strict=True)))
    assert acquisition.frames_dropped >= sum(dropped for *_, dropped in beamline.complete)
    assert acquisition.frames_written == len(ids)


@pytest.mark.parametrize("mode", ["external_edge", "external_level"])
@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_each_order_has_the_frames_of_its_pulses(mode, examples):
    @settings(max_examples=examples, deadline=None, derandomize=True)
    @given(STEPS)
    def test(steps):
        with tempfile.TemporaryDirectory() as folder:
            play(mode, steps, Path(folder))

    test()
