"""Sources that fail."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bluesky import plans as bp

from framestore.frame import FrameError, LostFramesError
from framestore.testing.known import KnownSource
from framestore.testing.leftovers import Leftovers
from framestore.testing.recorder import Recorder

from .engine import Engine
from .front import Detectors, FrontTests, caused_by


class FaultTests(FrontTests):
    """The plan fails with the source's own error, what was emitted can be read, and the detector works again."""

    patience: float = 0.5
    """``frame_timeout`` of a detector whose source hangs, seconds."""

    @pytest.mark.parametrize("when", ["start", 0, 4, "stop"])
    def test_an_error_of_the_source(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, when: int | str
    ) -> None:
        """At its start, for the first frame, for one in the middle of the second burst, and when it is stopped."""
        error = ConnectionError("the camera does not answer")
        detector = detectors(source, frames_per_point=3)
        source.at(when, _raises(error))
        failure = self.failure(engine, bp.count([detector], 3), documents)
        assert error in caused_by(failure), f"the plan failed with {failure!r}, and not with that of the source"
        events = {"start": 0, 0: 0, 4: 1, "stop": 3}[when]
        self._check_what_was_emitted(documents, source, events, 3)
        detectors.unstage()
        self.check_works(engine, detector, source)

    @pytest.mark.parametrize("odd", [np.zeros((3, 4), "u1"), np.zeros((8, 16), "f4")], ids=["shape", "dtype"])
    def test_a_frame_of_another_form(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, odd: Any
    ) -> None:
        """Of another shape or dtype than announced; the error names both."""
        detector = detectors(source)
        source.at(1, lambda: odd)
        failure = self.failure(engine, bp.count([detector], 3), documents)
        (error,) = self._errors(failure, FrameError)
        for form in (odd.shape, odd.dtype, source.shape, source.dtype):
            assert str(form) in str(error), f"the error does not name {form}: {error}"
        self._check_what_was_emitted(documents, source, 1, 1)
        self.check_works(engine, detector, source)

    def test_a_frame_that_is_lost(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Its number is missing among those of the camera."""
        detector = detectors(source, frames_per_point=3)
        source.lose(4)
        failure = self.failure(engine, bp.count([detector], 3), documents)
        (error,) = self._errors(failure, LostFramesError)
        assert "5" in str(error), f"the error does not name the frame that came instead: {error}"
        self._check_what_was_emitted(documents, source, 1, 3)
        self.check_works(engine, detector, source)

    @pytest.mark.parametrize("when", ["start", 1])
    def test_a_source_that_hangs(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, when: int | str
    ) -> None:
        """The plan fails with a TimeoutError; the detector works again once the source has returned."""
        detector, gate = detectors(source, frame_timeout=self.patience), threading.Event()
        before = Leftovers(self.lasting_threads, files=False)
        source.at(when, lambda: gate.wait(60))
        try:
            failure = self.failure(engine, bp.count([detector], 2), documents)
        finally:
            gate.set()
        assert self._errors(failure, TimeoutError), f"the plan failed with {failure!r}, and not with a TimeoutError"
        self._check_what_was_emitted(documents, source, 0 if when == "start" else 1, 1)
        detectors.unstage()
        before.check("a detector, the source of which has returned,")
        self.check_works(engine, detector, source)

    def _errors(self, failure: BaseException, kind: type[Exception]) -> list[Exception]:
        errors = [cause for cause in caused_by(failure) if isinstance(cause, kind)]
        assert errors, f"the plan failed with {failure!r}, expected a {kind.__name__}"
        return errors[-1:]

    def _check_what_was_emitted(
        self, documents: Recorder, source: KnownSource, events: int, frames_per_point: int
    ) -> None:
        status = "success" if events == 3 else "fail"
        documents.check(status)
        assert len(documents.of("event")) == events, f"{len(documents.of('event'))} events, expected {events}"
        if events:
            self.check_frames(
                self.frames(documents, "det"), source, list(range(events * frames_per_point)), frames_per_point
            )


def _raises(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act
