"""Plans that several tests run."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp

Plan = Any
"""What a RunEngine runs; bluesky does not say its type in a way that survives decorators."""


def nothing(*_: object) -> Plan:
    """Do nothing."""
    yield from bps.null()


def as_list(detectors: Any) -> list[Any]:
    """One detector, or several, as a list."""
    return cast("list[Any]", detectors) if isinstance(detectors, list) else [detectors]


def point(detectors: Any, stream: str = "primary", between: Callable[[str], Plan] = nothing) -> Plan:
    """Take a point: trigger and read.

    Parameters
    ----------
    detectors
        One, or a list, staged.
    stream
        Name of the stream that the event goes to.
    between
        Called with ``"before wait"``, ``"trigger"``, ``"read"``, ``"save"`` when these have happened.
    """
    yield from bps.checkpoint()
    for detector in as_list(detectors):
        yield from bps.trigger(detector, group="point")
    yield from between("before wait")
    yield from bps.wait("point")
    yield from between("trigger")
    yield from bps.create(stream)
    for detector in as_list(detectors):
        yield from bps.read(detector)
    yield from between("read")
    yield from bps.save()
    yield from between("save")


def run(detectors: Any, streams: Iterable[str], between: Callable[[str, int], Plan] = nothing) -> Plan:
    """A run with a point for each of some names of streams, while the detectors are staged."""
    yield from bpp.stage_wrapper(run_only(detectors, streams, between), as_list(detectors))


def run_only(detectors: Any, streams: Iterable[str], between: Callable[[str, int], Plan] = nothing) -> Plan:
    """The same, of detectors that are staged already."""

    def points() -> Plan:
        for k, stream in enumerate(streams):
            yield from point(detectors, stream, lambda when, k=k: between(when, k))

    yield from bpp.run_wrapper(points())


def pauses(when: str, at: int) -> Callable[[str, int], Plan]:
    """Pause once: at point ``at``, when ``when`` has happened; see `point`."""
    left = [(when, at)]

    def between(*now: Any) -> Plan:
        if now in left:
            left.remove(now)
            yield from bps.pause()

    return between
