"""Fly scans that fail."""

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp

from framestore.frame import FrameError, LostFramesError
from framestore.testing.known import KnownSource
from framestore.testing.leftovers import Leftovers
from framestore.testing.recorder import Recorder
from framestore.testing.stepped import SteppedSource

from .engine import Engine
from .flights import FlightTests
from .front import Detectors, caused_by
from .plans import Plan, nothing

_LIMIT = 16 * 2**10
"""Bytes that a file may have while nothing more can be written; messages of a test run are shorter, images longer."""


class FlyFaultTests(FlightTests):
    """The plan fails with the source's own error at once; points that landed before can be collected, and are read."""

    patience: float = 0.5
    """``frame_timeout`` of a detector whose source hangs, seconds."""

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    @pytest.mark.parametrize("at", [0, 7])
    def test_a_source_that_fails_in_flight(
        self,
        engine: Engine,
        detectors: Detectors,
        source: KnownSource,
        documents: Recorder,
        frames_per_point: int,
        at: int,
    ) -> None:
        """For the first frame, and half-way: nobody waits until a frame would have been overdue."""
        error = ConnectionError("the camera does not answer")
        detector = detectors(source, frames_per_point=frames_per_point, frame_timeout=10 * self.plan_timeout)

        def fail() -> None:
            raise error

        source.at(at, fail)
        failure = self.failure(engine, self._flown(detector, frames_per_point), documents)
        assert error in caused_by(failure), f"the plan failed with {failure!r}, and not with that of the source"
        self.check_flown(documents, source, at // frames_per_point, frames_per_point, exit_status="fail")
        self.check_works(engine, detector, source)

    def test_a_frame_of_another_form_in_flight(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Of another shape than announced."""
        detector = detectors(source)
        source.at(4, lambda: np.zeros((3, 4), source.dtype))
        failure = self.failure(engine, self._flown(detector), documents)
        self._check_kind(failure, FrameError)
        self.check_flown(documents, source, 4, exit_status="fail")
        self.check_works(engine, detector, source)

    def test_a_frame_that_is_lost_in_flight(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Its number is missing among those of the camera."""
        detector = detectors(source, frames_per_point=3)
        source.lose(7)
        failure = self.failure(engine, self._flown(detector, 3), documents)
        self._check_kind(failure, LostFramesError)
        self.check_flown(documents, source, 2, 3, exit_status="fail")
        self.check_works(engine, detector, source)

    def test_a_source_that_hangs_in_flight(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """The plan fails with a TimeoutError; the detector works again once the source has returned."""
        detector, gate = detectors(source, frame_timeout=self.patience), threading.Event()
        before = Leftovers(self.lasting_threads, files=False)
        source.at(5, lambda: gate.wait(60))
        try:
            failure = self.failure(engine, self._flown(detector), documents)
        finally:
            gate.set()
        self._check_kind(failure, TimeoutError)
        self.check_flown(documents, source, 5, exit_status="fail")
        detectors.unstage()
        before.check("a detector, the source of which has returned,")
        self.check_works(engine, detector, source)

    def test_a_disk_that_is_full_in_flight(self, engine: Engine, detectors: Detectors, documents: Recorder) -> None:
        """An OSError; it is unstaged when there is room again. Here, the system lets no file grow meanwhile."""
        source = SteppedSource((256, 256))
        detector = detectors(source)

        def between() -> Plan:
            yield from self.landed(detector, source, 3)
            yield from bps.collect(detector, name="primary")
            full.enter_context(_no_file_grows())
            source.release(1000)

        with contextlib.ExitStack() as full:
            plan = self._flown(detector, between=between, after=full.close)
            failure = self.failure(engine, plan, documents)
        self._check_kind(failure, OSError)
        self.check_flown(documents, source, 3, exit_status="fail")
        detectors.unstage()
        self.check_works(engine, detector, source)

    def _flown(
        self,
        detector: Any,
        frames_per_point: int = 1,
        *,
        between: Callable[[], Plan] = nothing,
        after: Callable[[], object] = lambda: None,
    ) -> Plan:
        """A fly scan of 10 points; what has landed is collected, also when it fails."""

        def collect() -> Plan:
            yield from bps.collect(detector, name="primary")
            after()

        def plan() -> Plan:
            yield from self.begin(detector, 10, frames_per_point)
            yield from between()
            yield from bpp.finalize_wrapper(bps.complete(detector, wait=True), collect)

        return bpp.stage_wrapper(bpp.run_wrapper(plan()), [detector])

    def _check_kind(self, failure: BaseException, kind: type[Exception]) -> None:
        found = [cause for cause in caused_by(failure) if isinstance(cause, kind)]
        assert found, f"the plan failed with {failure!r}, expected a {kind.__name__}"


@contextlib.contextmanager
def _no_file_grows() -> Generator[None]:
    """Let this process write nothing behind the first few bytes of a file."""
    resource = pytest.importorskip("resource", reason="this system does not limit the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
