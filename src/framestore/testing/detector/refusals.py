"""What a plan must not do."""

import threading

from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp

from framestore.testing.known import KnownSource
from framestore.testing.recorder import Recorder

from .engine import Engine
from .front import Detectors, FrontTests
from .plans import Plan, point, run_only


class RefusalTests(FrontTests):
    """It is refused with an error that names the detector; what goes on beside it, goes on."""

    def test_trigger_before_stage(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """A RuntimeError; the source is not asked for a frame."""
        detector = detectors(source)
        error = self.failure(engine, bps.trigger(detector, wait=True))
        self.check_refusal(error)
        assert source.count == 0, "a frame was taken of a source that was not started"
        self.check_works(engine, detector, source)

    def test_two_triggers_at_once(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """The second is a RuntimeError; the frames of the first are taken all the same."""
        detector, gate, refused = detectors(source), threading.Event(), []
        source.at(1, lambda: gate.wait(20))

        def plan() -> Plan:
            yield from point(detector)
            yield from bps.trigger(detector, group="first")
            try:
                yield from bps.trigger(detector, group="second")
                yield from bps.wait("second", timeout=5)
            except Exception as error:  # noqa: BLE001 - looked at below
                refused.append(error)
            gate.set()
            yield from bps.wait("first")
            yield from bps.create()
            yield from bps.read(detector)
            yield from bps.save()

        engine.run(bpp.stage_wrapper(bpp.run_wrapper(plan()), [detector]), documents)
        assert refused, "a second trigger was taken while the first went on"
        self.check_refusal(refused[0])
        documents.check()
        self.check_frames(self.frames(documents, "det"), source, [0, 1])
        self.check_works(engine, detector, source)

    def test_staging_twice(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """It is an error, and the staging that there is goes on."""
        detector, refused = detectors(source), []

        def again() -> Plan:
            try:
                yield from bps.stage(detector, wait=True)
            except Exception as error:  # noqa: BLE001 - looked at below
                refused.append(error)

        def plan() -> Plan:
            yield from point(detector)
            yield from again()
            yield from point(detector)

        engine.run(bpp.stage_wrapper(bpp.run_wrapper(plan()), [detector]), documents)
        assert refused or not self.staging_twice_raises, "staging a detector that is staged raised nothing"
        documents.check()
        self.check_frames(self.frames(documents, "det"), source, [0, 1])
        self.check_works(engine, detector, source)

    def test_an_error_beside_it(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Of another device: the points before it can be read, and the detector works again."""
        detector = detectors(source)

        def between(when: str, k: int) -> Plan:
            if (when, k) == ("trigger", 2):
                msg = "the motor has lost its encoder"
                raise OSError(msg)
            yield from bps.null()

        plan = bpp.stage_wrapper(run_only(detector, ["primary"] * 4, between), [detector])
        error = self.failure(engine, plan, documents)
        assert isinstance(error, OSError), f"the plan raised an OSError, and the RunEngine {error!r}"
        documents.check("fail")
        self.check_frames(self.frames(documents, "det"), source, [0, 1])
        self.check_works(engine, detector, source)
