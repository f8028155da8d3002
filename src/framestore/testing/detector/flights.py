"""What the tests of fly scans have in common: what their implementer says besides, plans, and what must hold of all."""

import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp
from bluesky.utils import maybe_await

from framestore.testing.known import KnownSource
from framestore.testing.recorder import Recorder
from framestore.testing.stepped import SteppedSource

from .front import Detectors, FrontTests
from .plans import Plan, as_list, nothing

PERIOD = 0.05
"""Seconds between two collections of documents."""


class FlightTests(FrontTests):
    """Detectors that fly: prepared and kicked off, they take points by themselves."""

    prepares_steps: ClassVar[bool] = False
    """Whether a plan prepares it for a single point after a fly scan, as ophyd-async's own are."""
    holds_in_a_pause: ClassVar[bool] = True
    """Whether it begins no point while a plan is paused."""

    def values_to_prepare(self, points: int, frames_per_point: int) -> Sequence[Any]:
        """What ``prepare`` takes for so many points, in all its forms; 0 points: until it is completed."""
        del frames_per_point
        return [points, SimpleNamespace(number_of_events=points)]

    @pytest.fixture
    def stepped(self, detectors: Detectors) -> Iterator[SteppedSource]:
        """A source whose frames come when the test lets them; at the end all do, so that nobody waits for them."""
        del detectors  # they are unstaged after that
        source = SteppedSource()
        yield source
        source.release(1000)

    def prepare(self, detectors: Any, points: int, frames_per_point: int = 1) -> Plan:
        """Prepare one, or several, for so many points."""
        for detector in as_list(detectors):
            yield from bps.prepare(detector, self.values_to_prepare(points, frames_per_point)[0], wait=True)

    def begin(self, detectors: Any, points: int, frames_per_point: int = 1, stream: str = "primary") -> Plan:
        """Prepare, declare the stream, and kick off."""
        yield from self.prepare(detectors, points, frames_per_point)
        yield from bps.declare_stream(*as_list(detectors), name=stream, collect=True)
        yield from bps.kickoff_all(*as_list(detectors), wait=True)

    def fly(
        self,
        detectors: Any,
        points: int,
        frames_per_point: int = 1,
        *,
        stream: str = "primary",
        between: Callable[[], Plan] = nothing,
    ) -> Plan:
        """A fly scan from ``prepare`` to the last ``collect``; ``between`` comes after the kickoff."""
        yield from self.begin(detectors, points, frames_per_point, stream)
        yield from between()
        yield from collected(detectors, stream)

    def fly_alone(self, detectors: Any, points: int, frames_per_point: int = 1, **more: Any) -> Plan:
        """The same in a run of its own, while the detectors are staged."""
        plan = bpp.run_wrapper(self.fly(detectors, points, frames_per_point, **more))
        return bpp.stage_wrapper(plan, as_list(detectors))

    def landed(self, detector: Any, source: SteppedSource, points: int, frames_per_point: int = 1) -> Plan:
        """Let the frames of so many points more come, and wait until they can be collected."""
        index = yield from index_of(detector)
        source.release(points * frames_per_point)
        deadline = time.monotonic() + self.plan_timeout / 3
        while (found := (yield from index_of(detector))) < index + points:
            if time.monotonic() > deadline:
                source.release(1000)  # so that it can be unstaged
                msg = f"get_index() of {detector.name} is {found}, though all frames of {index + points} points came"
                raise AssertionError(msg)
            yield from bps.sleep(0.01)

    def check_flown(
        self,
        documents: Recorder,
        source: KnownSource,
        points: int,
        frames_per_point: int = 1,
        *,
        name: str = "det",
        exit_status: str = "success",
    ) -> None:
        """Fail unless the run is a fly scan of so many points, which have the source's first frames."""
        documents.check(exit_status)
        superfluous = set(documents.names) - {"start", "descriptor", "stream_resource", "stream_datum", "stop"}
        assert not superfluous, f"a fly scan emits no {', '.join(sorted(superfluous))}"
        ranges = ranges_of(documents, self.data_key(name))
        assert [stop for _, stop in ranges[-1:]] == [points][:points], f"indices {ranges}, expected {points} points"
        for datum in documents.of("stream_datum"):
            indices, seq_nums = datum["indices"], datum["seq_nums"]
            assert seq_nums["start"] == indices["start"] + 1, f"sequence numbers come twice, or are missing: {datum}"
        if points:
            numbers = list(range(points * frames_per_point))
            self.check_frames(self.frames(documents, name), source, numbers, frames_per_point)


def ranges_of(documents: Recorder, data_key: str) -> list[tuple[int, int]]:
    """The indices of each StreamDatum of a data key, in order."""
    uids = {resource["uid"] for resource in documents.of("stream_resource") if resource["data_key"] == data_key}
    indices = [datum["indices"] for datum in documents.of("stream_datum") if datum["stream_resource"] in uids]
    return [(one["start"], one["stop"]) for one in indices]


def collected(detectors: Any, stream: str = "primary") -> Plan:
    """Complete a fly scan, and collect until it has ended."""
    both = as_list(detectors)
    yield from bps.collect_while_completing(both, both, flush_period=PERIOD, stream_name=stream)


def index_of(detector: Any) -> Plan:
    """What ``get_index`` returns, or the awaitable that it returns."""
    (done,) = yield from bps.wait_for([lambda: maybe_await(detector.get_index())])
    return done.result()


def data_keys_of(detector: Any) -> Plan:
    """What ``describe_collect`` returns, or the awaitable that it returns."""
    (done,) = yield from bps.wait_for([lambda: maybe_await(detector.describe_collect())])
    return done.result()
