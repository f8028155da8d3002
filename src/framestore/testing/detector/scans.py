"""Plans that succeed."""

import threading
from typing import Any

import numpy as np
import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky import preprocessors as bpp

from framestore.testing.known import KnownSource
from framestore.testing.leftovers import Leftovers
from framestore.testing.recorder import Recorder

from .axis import Axis
from .engine import Engine
from .front import Detectors, FrontTests
from .plans import Plan, run, run_only


class ScanTests(FrontTests):
    """In each, the documents are complete, and the frames that are read back are those that were taken."""

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    def test_count(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, frames_per_point: int
    ) -> None:
        """Single frames, and bursts."""
        detector = detectors(source, frames_per_point=frames_per_point)
        engine.run(bp.count([detector], 4), documents)
        documents.check()
        frames = self.frames(documents, "det")
        self.check_frames(frames, source, list(range(4 * frames_per_point)), frames_per_point)
        self._check_means(documents, "det", source, frames_per_point)

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    def test_the_descriptor_tells_what_frames_there_will_be(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, frames_per_point: int
    ) -> None:
        """Before the first event, as live displays and databases need it."""
        engine.run(bp.count([detectors(source, frames_per_point=frames_per_point)]), documents)
        data_key = documents.of("descriptor")[0]["data_keys"][self.data_key("det")]
        shape = [frames_per_point, *source.shape]
        assert data_key.get("external"), f"the data key says that its data stand elsewhere: {data_key}"
        assert data_key["shape"] == shape, f"the data key has shape {data_key['shape']}, expected {shape}"
        found = np.dtype(data_key["dtype_numpy"])
        assert found == source.dtype, f"the data key has dtype_numpy {found}, expected {source.dtype}"

    def test_frames_are_there_as_soon_as_the_event(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """A callback reads them while the run goes on, and when it stops; the detector is staged until then."""
        seen: list[Any] = []

        def look(name: str, document: dict[str, Any]) -> None:
            documents(name, document)
            if name in {"event", "stop"}:
                seen.append(self.frames(documents, "det"))

        engine.run(bp.count([detectors(source)], 3), look)
        assert len(seen) == 4, f"3 events and a stop document, not {len(seen)}"
        for frames, events in zip(seen, (1, 2, 3, 3), strict=True):
            self.check_frames(frames, source, list(range(events)))

    def test_grid_scan_with_two_detectors(self, engine: Engine, detectors: Detectors, documents: Recorder) -> None:
        """Of different shape, one of them with bursts; each point has its frames of both, and its positions."""
        one, two = KnownSource((6, 10)), KnownSource((8, 16))
        both = [detectors(one, "one"), detectors(two, "two", frames_per_point=2)]
        engine.run(bp.grid_scan(both, Axis("slow"), 0, 1, 3, Axis("fast"), 0, 1, 2), documents)
        documents.check()
        self.check_frames(self.frames(documents, "one"), one, list(range(6)))
        self.check_frames(self.frames(documents, "two"), two, list(range(12)), 2)
        stream = self.load(documents)["primary"]
        np.testing.assert_allclose(np.asarray(stream["slow"]), [0, 0, 0.5, 0.5, 1, 1])
        self._check_means(documents, "two", two, 2)

    def test_two_streams_in_one_staging(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Dark frames, then the others: a resource belongs to one stream."""
        engine.run(run(detectors(source), ["dark"] * 2 + ["primary"] * 3), documents)
        documents.check()
        self.check_frames(self.frames(documents, "det", "dark"), source, [0, 1])
        self.check_frames(self.frames(documents, "det"), source, [2, 3, 4])
        self.check_streams_apart(documents)

    def test_two_runs_in_one_staging(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Each has documents of its own: a resource belongs to one run."""
        detector = detectors(source)

        def plan() -> Plan:
            yield from run_only(detector, ["primary"] * 2)
            yield from run_only(detector, ["primary"] * 3)

        engine.run(bpp.stage_wrapper(plan(), [detector]), documents)
        documents.check()
        first, second = documents.runs()
        self.check_frames(self.frames(first, "det"), source, [0, 1])
        self.check_frames(self.frames(second, "det"), source, [2, 3, 4])

    def test_each_staging_has_files_of_its_own(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """And leaves those of the stagings before as they were."""
        detector = detectors(source)
        for _ in range(3):
            engine.run(bp.count([detector], 2), documents)
        documents.check()
        for k, one in enumerate(documents.runs()):
            self.check_frames(self.frames(one, "det"), source, [2 * k, 2 * k + 1])

    def test_unstaging_twice_is_harmless(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """Also before it is staged for the first time."""
        detector = detectors(source)
        engine.run(bps.unstage(detector, wait=True))
        self.check_works(engine, detector, source)
        engine.run(bps.unstage(detector, wait=True))
        engine.run(bps.unstage(detector, wait=True))
        self.check_works(engine, detector, source)

    def test_a_staging_without_a_point(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """It emits nothing, and can be followed by another."""
        detector = detectors(source)
        engine.run(bpp.stage_wrapper(bps.null(), [detector]))
        self.check_works(engine, detector, source)

    def test_one_thread_calls_the_source(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """In a staging: drivers need no locks. It is not the thread of the RunEngine, which has other things to do."""
        callers: list[int] = []

        def note(*_: object) -> None:
            callers.append(threading.get_ident())

        engine.run(bp.count([detectors(source)], 3), note)
        assert len(source.threads) == 1, f"{len(source.threads)} threads called the source"
        assert not source.threads & set(callers), "the RunEngine's own thread called the source"

    def test_nothing_is_left_after_a_staging(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """Neither threads nor open files."""
        detector = detectors(source)
        self.check_works(engine, detector, source)
        leftovers = Leftovers(self.lasting_threads)
        for _ in range(3):
            self.check_works(engine, detector, source)
        leftovers.check("a detector that was staged 3 times")

    def _check_means(self, documents: Recorder, name: str, source: KnownSource, frames_per_point: int) -> None:
        """Fail unless each event's mean is that of its frames, where events have one."""
        key = self.mean_key(name)
        if key is None:
            return
        for k, event in enumerate(documents.of("event")):
            first = k * frames_per_point
            expected = np.mean([source.frame(n) for n in range(first, first + frames_per_point)])
            assert np.isclose(event["data"][key], expected), f"{key} is {event['data'][key]}, expected {expected}"
