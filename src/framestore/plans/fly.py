"""A fly scan of cameras."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp
from bluesky.utils import FailedPause, FailedStatus, Msg, RunEngineControlException, short_uid

from .arguments import FLOWN, check_cameras, check_number_of_events

Plan = Generator[Msg, Any, None]


def fly(
    detectors: Sequence[Any],
    number_of_events: Any,
    *,
    stream_name: str = "primary",
    flush_period: float = 0.5,
    md: Mapping[str, Any] | None = None,
) -> Generator[Msg, Any, str]:
    """Take frames with cameras, as fast as each comes, in one stream, and collect them as they land.

    A pause holds the cameras between two points; after it, they go on.

    Parameters
    ----------
    detectors
        Cameras; they share the stream, in which each event has frames of all.
    number_of_events
        How many, or what else the cameras' ``prepare`` takes.
    stream_name
        Of the stream.
    flush_period
        Seconds between two collections of documents.
    md
        Metadata.

    Returns
    -------
    str
        Uid of the run.

    Raises
    ------
    ValueError
        When the number is 0: nobody would stop the cameras. Write a plan of your own, with ``bps.complete``. When the
        list is empty.
    TypeError
        When the cameras stand in no list, or something else stands there.
    FailedStatus
        When a camera fails; its own error is the cause. Points that had landed in all cameras by then are collected.
    """
    check_cameras("fly", detectors, FLOWN)
    check_number_of_events(number_of_events)
    start = {"plan_name": "fly", "detectors": [detector.name for detector in detectors], "hints": {}, **(md or {})}
    flight = fly_points(detectors, number_of_events, stream_name=stream_name, flush_period=flush_period)
    return (yield from bpp.stage_wrapper(bpp.run_wrapper(flight, md=start), list(detectors)))


def fly_points(
    detectors: Sequence[Any],
    number_of_events: Any,
    *,
    stream_name: str = "primary",
    flush_period: float = 0.5,
) -> Generator[Msg, Any, None]:
    """As `fly`, within a run of another plan, which has staged the cameras.

    Parameters
    ----------
    detectors
        Cameras; they share the stream.
    number_of_events
        How many, or what else the cameras' ``prepare`` takes.
    stream_name
        A stream of which the run has no points yet.
    flush_period
        Seconds between two collections of documents.

    Raises
    ------
    ValueError
        When the number is 0: nobody would stop the cameras. When the list is empty.
    TypeError
        When the cameras stand in no list, or something else stands there.
    FailedStatus
        When a camera fails; its own error is the cause. Points that had landed in all cameras by then are collected.
    """
    check_cameras("fly_points", detectors, FLOWN)
    check_number_of_events(number_of_events)
    group = short_uid("complete")
    for detector in detectors:
        yield from bps.prepare(detector, number_of_events, group=group)
    yield from bps.wait(group)
    yield from bps.declare_stream(*detectors, name=stream_name, collect=True)
    yield from bps.kickoff_all(*detectors, wait=True)
    try:
        yield from _collected_while_completing(detectors, stream_name, flush_period, group)
    except FailedStatus as error:
        yield from _collect_after(error, detectors, stream_name)
        raise
    yield from bps.checkpoint()  # a pause after the end of the run goes back into it otherwise


def _collected_while_completing(detectors: Sequence[Any], stream_name: str, flush_period: float, group: str) -> Plan:
    yield from bps.complete_all(*detectors, group=group, wait=False)
    done = False
    while not done:
        yield from bps.checkpoint()
        done = yield from bps.wait(group, error_on_timeout=False, timeout=flush_period)
        if done is None:  # interrupted; bluesky then forgets what it waited for
            yield from bps.complete_all(*detectors, group=group, wait=False)
        yield from bps.collect(*detectors, name=stream_name)


def _collect_after(error: FailedStatus, detectors: Sequence[Any], stream_name: str) -> Plan:
    """Collect what has landed since; what goes wrong with that, such as a second camera, is noted beside the error."""
    try:
        yield from bps.collect(*detectors, name=stream_name)
    except (RunEngineControlException, FailedPause):  # stopped or aborted meanwhile
        raise
    except Exception as another:  # noqa: BLE001 - the first is what the user is to see
        error.add_note(f"While the points that had landed were collected: {_reason(another)!r}")


def _reason(error: Exception) -> BaseException:
    """A camera's own error, where bluesky tells that its Status has failed."""
    return (error.__cause__ or error) if isinstance(error, FailedStatus) else error
