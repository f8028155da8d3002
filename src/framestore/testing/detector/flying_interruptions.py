"""Fly scans that pause, and go on or end."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from bluesky import plan_stubs as bps
from bluesky.utils import RunEngineInterrupted

from framestore.plans import fly
from framestore.testing.driven import pause
from framestore.testing.recorder import Recorder
from framestore.testing.stepped import SteppedSource

from .engine import Engine
from .flights import PERIOD, FlightTests, ranges_of
from .front import Detectors
from .plans import Plan

_POINTS = 8


class FlyInterruptionTests(FlightTests):
    """No point is lost, none comes twice, and what was documented can be read, whatever came between."""

    @pytest.mark.parametrize("frames_per_point", [1, 2])
    @pytest.mark.parametrize("when", ["kickoff", "landed", "collected", "the last has landed"])
    def test_a_flight_that_pauses_and_goes_on(
        self,
        engine: Engine,
        detectors: Detectors,
        stepped: SteppedSource,
        documents: Recorder,
        frames_per_point: int,
        when: str,
    ) -> None:
        """The plan has a checkpoint before it waits, as that of `framestore.plans.fly` has."""
        detector = detectors(stepped, frames_per_point=frames_per_point)
        plan = self.fly_alone(
            detector, _POINTS, frames_per_point, between=self._pauses(detector, stepped, frames_per_point, when)
        )
        with pytest.raises(RunEngineInterrupted):
            engine.run(plan, documents)
        stepped.release(frames_per_point * _POINTS)
        engine.resume()
        self.check_flown(documents, stepped, _POINTS, frames_per_point)
        assert stepped.count == frames_per_point * _POINTS, f"{stepped.count} frames were taken for {_POINTS} points"
        stepped.release(1000)
        self.check_works(engine, detector, stepped)

    def test_no_point_begins_in_a_pause(
        self, engine: Engine, detectors: Detectors, stepped: SteppedSource, documents: Recorder
    ) -> None:
        """The frame that is awaited completes its point; see `holds_in_a_pause`."""
        detector = detectors(stepped)
        between = self._pauses(detector, stepped, 1, "landed")
        with pytest.raises(RunEngineInterrupted):
            engine.run(self.fly_alone(detector, _POINTS, between=between), documents)
        stepped.release(_POINTS)
        pause(0.2)
        taken = stepped.count
        assert not self.holds_in_a_pause or taken <= 4, f"3 points had landed, {taken} frames were taken in the pause"
        engine.resume()
        self.check_flown(documents, stepped, _POINTS)

    def test_fly_pauses_and_goes_on(
        self, engine: Engine, detectors: Detectors, stepped: SteppedSource, documents: Recorder
    ) -> None:
        """`framestore.plans.fly`, at its next checkpoint after the first documents have come."""
        detector, asked = detectors(stepped), []

        def ask_once(name: str, _: Any) -> None:
            if name == "stream_datum" and not asked:
                asked.append(threading.Thread(target=engine.run_engine.request_pause, args=(True,)))
                asked[0].start()

        stepped.release(3)
        plan = fly([detector], self.values_to_prepare(_POINTS, 1)[0], flush_period=PERIOD)
        engine.run_engine.subscribe(ask_once)
        with pytest.raises(RunEngineInterrupted):
            engine.run(plan, documents)
        stepped.release(_POINTS)
        engine.resume()
        self.check_flown(documents, stepped, _POINTS)

    @pytest.mark.parametrize("when", ["landed", "collected"])
    @pytest.mark.parametrize("end", ["stop", "abort", "halt"])
    def test_a_flight_that_ends_after_a_pause(
        self,
        engine: Engine,
        detectors: Detectors,
        stepped: SteppedSource,
        documents: Recorder,
        when: str,
        end: str,
    ) -> None:
        """The files have what the documents name, and the detector works again."""
        detector = detectors(stepped)
        between = self._pauses(detector, stepped, 1, when)
        with pytest.raises(RunEngineInterrupted):
            engine.run(self.fly_alone(detector, _POINTS, between=between), documents)
        stepped.release(1000)
        engine.end(end)
        detectors.unstage()
        ranges = ranges_of(documents, self.data_key("det"))
        named, least = ranges[-1][1] if ranges else 0, 3 if when == "collected" else 0
        assert named >= least, f"{least} points were collected before the pause, {named} are documented"
        self.check_flown(documents, stepped, named, exit_status={"stop": "success"}.get(end, "abort"))
        self.check_works(engine, detector, stepped)

    def _pauses(self, detector: Any, source: SteppedSource, frames_per_point: int, when: str) -> Callable[[], Plan]:
        """Pause once, at the point of a fly scan that ``when`` names."""
        paused: list[bool] = []

        def between() -> Plan:
            if when != "kickoff":
                points = _POINTS if when == "the last has landed" else 3
                yield from self.landed(detector, source, points, frames_per_point)
            if when == "collected":
                yield from bps.collect(detector, name="primary")
                yield from self.landed(detector, source, 1, frames_per_point)
            yield from bps.checkpoint()
            if not paused:
                paused.append(True)
                yield from bps.pause()

        return between
