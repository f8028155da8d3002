"""Plans that pause, and go on or end."""

import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted

from framestore.testing.known import KnownSource
from framestore.testing.recorder import Recorder

from .engine import Engine
from .front import Detectors, FrontTests
from .plans import pauses, run

_WHEN = ("before wait", "trigger", "read", "save")
_POINTS = 4


class InterruptionTests(FrontTests):
    """Each event that was emitted has frames of its own that were exposed for it, whatever came between."""

    @pytest.mark.parametrize("frames_per_point", [1, 2])
    @pytest.mark.parametrize("at", [0, 2])
    @pytest.mark.parametrize("when", _WHEN)
    def test_pause_and_resume(
        self,
        engine: Engine,
        detectors: Detectors,
        source: KnownSource,
        documents: Recorder,
        frames_per_point: int,
        at: int,
        when: str,
    ) -> None:
        """The plan goes back to the last checkpoint: the point is taken again."""
        detector = detectors(source, frames_per_point=frames_per_point)
        with pytest.raises(RunEngineInterrupted):
            engine.run(run(detector, ["primary"] * _POINTS, pauses(when, at)), documents)
        engine.resume()
        documents.check()
        stream = self.load(documents)["primary"]
        assert np.asarray(stream.seq_nums).tolist() == [1, 2, 3, 4], f"events {stream.seq_nums}, expected 1 to 4"
        self._check_events(documents, source, frames_per_point, _POINTS)
        self.check_works(engine, detector, source)

    @pytest.mark.parametrize("when", ["before wait", "read", "save"])
    @pytest.mark.parametrize("end", ["stop", "abort", "halt"])
    def test_a_pause_after_which_the_run_ends(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, when: str, end: str
    ) -> None:
        """What was emitted until then can be read."""
        detector = detectors(source)
        with pytest.raises(RunEngineInterrupted):
            engine.run(run(detector, ["primary"] * _POINTS, pauses(when, 2)), documents)
        engine.end(end)
        assert engine.run_engine.state == "idle", f"the RunEngine is {engine.run_engine.state}"
        documents.check({"stop": "success"}.get(end, "abort"))
        self._check_events(documents, source, 1, 3 if when == "save" else 2)
        detectors.unstage()
        self.check_works(engine, detector, source)

    @pytest.mark.parametrize("when", _WHEN)
    def test_a_pause_where_a_stream_begins(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, when: str
    ) -> None:
        """Dark frames, then the others, the first of which is taken again: each stays in its stream."""
        streams = ["dark"] * 2 + ["primary"] * 2
        with pytest.raises(RunEngineInterrupted):
            engine.run(run(detectors(source), streams, pauses(when, 2)), documents)
        engine.resume()
        documents.check()
        dark = [self.numbers_of(event, source) for event in self.frames(documents, "det", "dark")]
        assert dark == [[0], [1]], f"the dark frames are those of numbers {dark}, expected 0 and 1"
        self._check_events(documents, source, 1, 2)

    @pytest.mark.parametrize("when", _WHEN)
    def test_a_pause_with_two_detectors(
        self, engine: Engine, detectors: Detectors, documents: Recorder, when: str
    ) -> None:
        """Both go back."""
        one, two = KnownSource((6, 10)), KnownSource((8, 16))
        both = [detectors(one, "one"), detectors(two, "two", frames_per_point=2)]
        with pytest.raises(RunEngineInterrupted):
            engine.run(run(both, ["primary"] * _POINTS, pauses(when, 1)), documents)
        engine.resume()
        documents.check()
        self._check_events(documents, one, 1, _POINTS, "one")
        self._check_events(documents, two, 2, _POINTS, "two")

    def _check_events(
        self, documents: Recorder, source: KnownSource, frames_per_point: int, events: int, name: str = "det"
    ) -> None:
        """Fail unless each event has frames that follow each other, none of which is in two events."""
        stream = self.load(documents)["primary"]
        frames = np.asarray(stream[self.data_key(name)].compute(scheduler="synchronous"))
        assert frames.shape[:2] == (events, frames_per_point), f"frames of shape {frames.shape}, {events} events"
        last, key = -1, self.mean_key(name)
        for k, event in enumerate(frames):
            numbers = self.numbers_of(event, source)
            expected = list(range(numbers[0], numbers[0] + frames_per_point))
            assert numbers == expected, f"event {k + 1} has frames {numbers}, which are not of one point"
            assert numbers[0] > last, f"event {k + 1} has frames {numbers}, the event before had {last}"
            last = numbers[-1]
            if key is not None:
                mean = np.mean([source.frame(n) for n in numbers])
                assert np.isclose(np.asarray(stream[key])[k], mean), f"event {k + 1}: {key} is that of other frames"
