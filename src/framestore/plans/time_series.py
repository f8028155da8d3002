"""Frames as time goes by."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from bluesky.utils import Msg

from .arguments import FLOWN, check_cameras, check_number_of_events
from .fly import fly
from .settings import settings_wrapper


def time_series(
    cameras: Sequence[Any],
    number_of_events: Any,
    *,
    period: float | None = None,
    frame_rate: float | None = None,
    exposure_time: float | None = None,
    stream_name: str = "primary",
    flush_period: float = 0.5,
    md: Mapping[str, Any] | None = None,
) -> Generator[Msg, Any, str]:
    """Take frames at the pace of the cameras: a `fly` scan in which nothing moves.

    The settings are put back afterwards, whatever happens.

    Parameters
    ----------
    cameras
        They share the stream, in which each event has frames of all.
    number_of_events
        How many, or what else the cameras' ``prepare`` takes.
    period
        Seconds from frame to frame: a ``frame_rate`` of ``1 / period``. It needs cameras that have that setting. For a
        pace that the plan keeps, let bluesky count: ``bp.count(cameras, 100, delay=60)``.
    frame_rate
        Frames a second. With neither, as fast as they come.
    exposure_time
        Seconds. None: left as it is.
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
        When the number is 0, no camera is given, both a period and a frame rate are, the exposure does not fit into the
        period, or a camera lacks one of the settings: nothing is changed then. When a camera does not allow the value,
        or has another one afterwards, as `settings_wrapper` finds out.
    TypeError
        When the cameras stand in no list, or something else stands there.
    FailedStatus
        When a camera fails; its own error is the cause. Points that had landed in all cameras by then are collected.
    """
    check_cameras("time_series", cameras, FLOWN)
    check_number_of_events(number_of_events)
    if period is not None:
        frame_rate = _rate(period, frame_rate)
    settings = {"frame_rate": frame_rate, "exposure_time": exposure_time}
    start = {
        "plan_name": "time_series",
        "plan_args": {
            "cameras": [repr(camera) for camera in cameras],
            "number_of_events": repr(number_of_events),
            **settings,
        },
        **(md or {}),
    }
    flight = fly(cameras, number_of_events, stream_name=stream_name, flush_period=flush_period, md=start)
    return (yield from settings_wrapper(flight, cameras, **settings))


def _rate(period: float, frame_rate: float | None) -> float:
    if frame_rate is not None:
        msg = f"period={period} and frame_rate={frame_rate} say the same; give one of them"
        raise ValueError(msg)
    if not period > 0:
        msg = f"period must be above 0 seconds, not {period}"
        raise ValueError(msg)
    return 1 / period
