"""Fly scans that succeed, and what a plan must not do in them."""

from typing import Any

import numpy as np
import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from bluesky import preprocessors as bpp

from framestore.plans import declare_streams_wrapper, fly
from framestore.testing.driven import pause
from framestore.testing.known import KnownSource
from framestore.testing.leftovers import Leftovers
from framestore.testing.recorder import Recorder
from framestore.testing.stepped import SteppedSource

from .elsewhere import read_elsewhere
from .engine import Engine
from .flights import PERIOD, FlightTests, collected, data_keys_of, ranges_of
from .front import Detectors
from .plans import Plan, point


class FlyTests(FlightTests):
    """Points are taken without a plan in between; their documents are collected as their frames land."""

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    def test_a_fixed_number_of_points(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, frames_per_point: int
    ) -> None:
        """No more and no fewer, in one StreamResource."""
        detector = detectors(source, frames_per_point=frames_per_point)
        engine.run(self.fly_alone(detector, 20, frames_per_point), documents)
        self.check_flown(documents, source, 20, frames_per_point)
        resources = [one for one in documents.of("stream_resource") if one["data_key"] == self.data_key("det")]
        assert len(resources) == 1, f"{len(resources)} StreamResources for one fly scan: {resources}"
        assert source.count == 20 * frames_per_point, f"{source.count} frames were taken, 20 points asked for"
        self.check_works(engine, detector, source)

    @pytest.mark.parametrize("form", [0, 1])
    def test_what_prepare_takes(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, form: int
    ) -> None:
        """A number of points, and an object that has it as ``number_of_events``."""
        values = self.values_to_prepare(4, 2)
        detector, value = detectors(source, frames_per_point=2), values[form % len(values)]
        engine.run(fly([detector], value, flush_period=PERIOD), documents)
        self.check_flown(documents, source, 4, 2)

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    def test_data_keys_of_the_descriptor(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder, frames_per_point: int
    ) -> None:
        """They are those of ``describe_collect``: the frames, and nothing that would need events."""
        detector, described = detectors(source, frames_per_point=frames_per_point), []

        def between() -> Plan:
            described.append((yield from data_keys_of(detector)))

        engine.run(self.fly_alone(detector, 3, frames_per_point, between=between), documents)
        (descriptor,), (expected,) = documents.of("descriptor"), described
        inline = [key for key, data_key in expected.items() if data_key.get("external") != "STREAM:"]
        assert not inline, f"describe_collect() has {inline}, which would need events"
        assert self.data_key("det") in expected, f"describe_collect() has {list(expected)}"
        assert set(descriptor["data_keys"]) == set(expected), f"the descriptor has {list(descriptor['data_keys'])}"
        data_key = descriptor["data_keys"][self.data_key("det")]
        for key, value in expected[self.data_key("det")].items():
            assert data_key[key] == value, f"the descriptor has {key} {data_key[key]}, and describe_collect() {value}"
        shape = [frames_per_point, *source.shape]
        assert list(data_key["shape"]) == shape, f"the data key has shape {data_key['shape']}, expected {shape}"
        assert np.dtype(data_key["dtype_numpy"]) == source.dtype, f"the data key has {data_key['dtype_numpy']}"

    def test_documents_come_while_frames_land(
        self, engine: Engine, detectors: Detectors, stepped: SteppedSource, documents: Recorder
    ) -> None:
        """After some of the frames: these are documented, no others, and another process can read them."""
        detector = detectors(stepped, frames_per_point=2)
        seen: list[tuple[int, Any]] = []

        def between() -> Plan:
            for points in (1, 2):
                yield from self.landed(detector, stepped, points, 2)
                yield from bps.collect(detector, name="primary")
                documented = [stop for _, stop in ranges_of(documents, self.data_key("det"))]
                seen.append((max(documented, default=0), self.read_elsewhere(documents) if documented else None))
            stepped.release(6)

        engine.run(self.fly_alone(detector, 6, 2, between=between), documents)
        for (documented, images), points in zip(seen, (1, 3), strict=True):
            assert documented == points, f"{points} points had landed, and {documented} were documented"
            self.check_frames(images.reshape(-1, 2, *stepped.shape), stepped, list(range(2 * points)), 2)
        self.check_flown(documents, stepped, 6, 2)

    def test_until_it_is_completed(
        self, engine: Engine, detectors: Detectors, stepped: SteppedSource, documents: Recorder
    ) -> None:
        """Prepared for 0 points: a point that was begun by then may be completed, none begins after."""
        detector = detectors(stepped, frames_per_point=2)

        def between() -> Plan:
            yield from self.landed(detector, stepped, 3, 2)
            yield from bps.complete(detector, group="complete")
            stepped.release(2)
            yield from bps.wait("complete")
            stepped.release(4)
            pause(0.1)

        engine.run(self.fly_alone(detector, 0, 2, between=between), documents)
        points = ranges_of(documents, self.data_key("det"))[-1][1]
        assert points in {3, 4}, f"{points} points, expected the 3 that had landed, or the one that was begun, too"
        assert stepped.count <= 8, f"{stepped.count} frames were taken, expected none after it was completed"
        self.check_flown(documents, stepped, points, 2)

    def test_two_detectors_in_one_stream(self, engine: Engine, detectors: Detectors, documents: Recorder) -> None:
        """The slower one says how far documents go: those of both are of the same points."""
        one, two = SteppedSource((6, 10)), SteppedSource()
        both = [detectors(one, "one"), detectors(two, "two")]

        def between() -> Plan:
            yield from self.landed(both[0], one, 5)
            yield from self.landed(both[1], two, 2)
            yield from bps.collect(*both, name="primary")
            for source in (one, two):
                source.release(6)

        engine.run(self.fly_alone(both, 6, between=between), documents)
        ranges = [ranges_of(documents, self.data_key(name)) for name in ("one", "two")]
        assert ranges[0] == ranges[1], f"one has indices {ranges[0]}, and two {ranges[1]}"
        assert ranges[0][0] == (0, 2), f"2 points of both had landed, and {ranges[0][0]} were documented"
        self.check_flown(documents, one, 6, name="one")
        self.check_flown(documents, two, 6, name="two")

    def test_a_second_flight_in_one_stream(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Its indices go on."""
        detector = detectors(source)

        def plan() -> Plan:
            yield from self.fly(detector, 7)
            yield from self.prepare(detector, 5)
            yield from bps.kickoff(detector, wait=True)
            yield from collected(detector)

        engine.run(bpp.stage_wrapper(bpp.run_wrapper(plan()), [detector]), documents)
        self.check_flown(documents, source, 12)

    def test_step_by_step_and_flown_in_one_staging(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """Dark frames, a fly scan, another point: each stream has a resource of its own."""
        detector = detectors(source)

        def plan() -> Plan:
            yield from point(detector, "dark")
            yield from point(detector, "dark")
            yield from self.fly(detector, 4)
            if self.prepares_steps:
                yield from self.prepare(detector, 1)
            yield from point(detector, "after")

        engine.run(bpp.stage_wrapper(bpp.run_wrapper(plan()), [detector]), documents)
        documents.check()
        self.check_frames(self.frames(documents, "det", "dark"), source, [0, 1])
        self.check_frames(self.frames(documents, "det"), source, [2, 3, 4, 5])
        self.check_frames(self.frames(documents, "det", "after"), source, [6])
        self.check_streams_apart(documents)

    def test_bluesky_s_own_fly(
        self, engine: Engine, detectors: Detectors, source: KnownSource, documents: Recorder
    ) -> None:
        """In `framestore.plans.declare_streams_wrapper`; it collects once, without the name of a stream."""
        detector = detectors(source)

        def plan() -> Plan:
            yield from self.prepare(detector, 6)
            yield from declare_streams_wrapper(bp.fly([detector]))

        engine.run(bpp.stage_wrapper(plan(), [detector]), documents)
        self.check_flown(documents, source, 6)

    def test_fly_of_two_detectors(self, engine: Engine, detectors: Detectors, documents: Recorder) -> None:
        """`framestore.plans.fly`."""
        one, two = KnownSource((6, 10)), KnownSource()
        both = [detectors(one, "one"), detectors(two, "two")]
        engine.run(fly(both, self.values_to_prepare(25, 1)[0], flush_period=PERIOD), documents)
        self.check_flown(documents, one, 25, name="one")
        self.check_flown(documents, two, 25, name="two")

    def test_nothing_is_left_after_flights(self, engine: Engine, detectors: Detectors, source: KnownSource) -> None:
        """Neither threads nor open files."""
        detector = detectors(source)
        engine.run(self.fly_alone(detector, 5))
        leftovers = Leftovers(self.lasting_threads)
        for _ in range(3):
            engine.run(self.fly_alone(detector, 5))
        leftovers.check("a detector that has flown 3 times")

    @pytest.mark.parametrize("verb", ["kickoff", "complete"])
    @pytest.mark.parametrize("when", ["never staged", "staged", "prepared in a staging before"])
    def test_verbs_before_their_time(
        self, engine: Engine, detectors: Detectors, source: KnownSource, when: str, verb: str
    ) -> None:
        """Kickoff before prepare, complete before kickoff: a RuntimeError; no frame is taken."""
        detector = detectors(source)
        plan = bpp.run_wrapper(getattr(bps, verb)(detector, wait=True))
        if when != "never staged":
            plan = bpp.stage_wrapper(plan, [detector])
        if when == "prepared in a staging before":
            engine.run(bpp.stage_wrapper(self.prepare(detector, 3), [detector]))
        self.check_refusal(self.failure(engine, plan))
        assert source.count == 0, "a frame was taken, though nothing was kicked off"
        self.check_works(engine, detector, source)

    def test_a_second_kickoff_under_way(
        self, engine: Engine, detectors: Detectors, stepped: SteppedSource, documents: Recorder
    ) -> None:
        """It is a RuntimeError; the fly scan that is under way goes on."""
        detector, refused = detectors(stepped), []

        def between() -> Plan:
            yield from self.landed(detector, stepped, 2)
            try:
                yield from bps.kickoff(detector, wait=True)
            except Exception as error:  # noqa: BLE001 - looked at below
                refused.append(error)
            stepped.release(6)

        engine.run(self.fly_alone(detector, 5, between=between), documents)
        assert refused, "it was kicked off while it flew"
        self.check_refusal(refused[0])
        self.check_flown(documents, stepped, 5)

    def read_elsewhere(self, documents: Recorder) -> Any:
        """All frames of ``det`` in stream ``primary`` that another process reads, (…, \\*frame shape).

        HDF5 is read with h5py alone, what else there is with framestore_handlers. Override it for a format of yours.
        """
        return read_elsewhere(documents, "primary", self.data_key("det"))
