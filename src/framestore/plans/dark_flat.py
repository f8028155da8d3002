"""Darks and flats, in streams of their own, within a run of another plan."""

from collections.abc import Generator, Sequence
from operator import index
from typing import Any

from bluesky import plan_stubs as bps
from bluesky.utils import Msg

from .arguments import READ, check_cameras
from .putting_back import Plan, PlanFunction, check_plan_functions, put_back_wrapper


def take_darks(
    detectors: Sequence[Any],
    number: int,
    *,
    close_shutter: PlanFunction,
    open_shutter: PlanFunction,
    stream_name: str = "dark",
) -> Generator[Msg, Any, None]:
    """Take points while the shutter is closed. It is opened again in any case: also after a failure, stop or abort.

    It belongs into a run, and the detectors have to be staged by then.

    Parameters
    ----------
    detectors
        Cameras, and what else is read for each event.
    number
        Of events; with 0 the shutter is left alone.
    close_shutter, open_shutter
        Functions without arguments that make plans, such as ``partial(bps.mv, shutter, "closed")``.
    stream_name
        A stream of which the run has no points yet.

    Raises
    ------
    ValueError, TypeError
        When ``number`` is no whole number from 0 on, the detectors are no list of such, or a plan is given where a
        function is wanted; nothing has moved.
    FailedStatus
        When a device fails; its own error is the cause.
    """
    check_cameras("take_darks", detectors, READ)
    check_plan_functions(close_shutter=close_shutter, open_shutter=open_shutter)
    yield from _points(detectors, number, stream_name, before=close_shutter, after=open_shutter)


def take_flats(
    detectors: Sequence[Any],
    number: int,
    *,
    move_out: PlanFunction,
    move_in: PlanFunction,
    stream_name: str = "flat",
) -> Generator[Msg, Any, None]:
    """Take points while the sample is out of the beam. It is moved in again in any case, as `take_darks` has it.

    Parameters
    ----------
    detectors
        Cameras, and what else is read for each event.
    number
        Of events; with 0 the sample is left alone.
    move_out, move_in
        Functions without arguments that make plans, such as ``partial(bps.mv, sample.x, 20)``.
    stream_name
        A stream of which the run has no points yet.

    Raises
    ------
    ValueError, TypeError
        When ``number`` is no whole number from 0 on, the detectors are no list of such, or a plan is given where a
        function is wanted; nothing has moved.
    FailedStatus
        When a device fails; its own error is the cause.
    """
    check_cameras("take_flats", detectors, READ)
    check_plan_functions(move_out=move_out, move_in=move_in)
    yield from _points(detectors, number, stream_name, before=move_out, after=move_in)


def dark_flat(
    detectors: Sequence[Any],
    *,
    darks: int,
    flats: int,
    close_shutter: PlanFunction,
    open_shutter: PlanFunction,
    move_out: PlanFunction,
    move_in: PlanFunction,
    dark_stream: str = "dark",
    flat_stream: str = "flat",
) -> Generator[Msg, Any, None]:
    """`take_darks`, then `take_flats`: the shutter is open, and the sample in, when it ends, however it ends.

    A camera's file belongs to one stream, so the darks and the flats have files of their own. For those before and
    those after a measurement, choose different stream names: a camera cannot go back to a stream that it has left.

    Parameters
    ----------
    detectors
        Cameras, and what else is read for each event. The plan around it has staged them, and opened a run.
    darks, flats
        Numbers of events; 0: none.
    close_shutter, open_shutter, move_out, move_in
        Functions without arguments that make plans, such as ``partial(bps.mv, shutter, "closed")``.
    dark_stream, flat_stream
        Names of the streams.

    Raises
    ------
    ValueError, TypeError
        When a number is no whole number from 0 on, the detectors are no list of such, or a plan is given where a
        function is wanted; nothing has moved.
    FailedStatus
        When a device fails; its own error is the cause.
    """
    check_cameras("dark_flat", detectors, READ)
    for number in (darks, flats):
        _check(number)
    check_plan_functions(move_out=move_out, move_in=move_in)
    yield from take_darks(
        detectors, darks, close_shutter=close_shutter, open_shutter=open_shutter, stream_name=dark_stream
    )
    yield from take_flats(detectors, flats, move_out=move_out, move_in=move_in, stream_name=flat_stream)


def _points(
    detectors: Sequence[Any], number: int, stream_name: str, *, before: PlanFunction, after: PlanFunction
) -> Plan:
    _check(number)
    if number:
        points = _between(detectors, number, stream_name, before)
        yield from put_back_wrapper(points, after, attempts=len(detectors) + 1)
        yield from bps.checkpoint()


def _between(detectors: Sequence[Any], number: int, stream_name: str, before: PlanFunction) -> Plan:
    yield from bps.checkpoint()
    yield from before()
    for _ in range(number):
        yield from bps.checkpoint()
        yield from bps.trigger_and_read(detectors, stream_name)
    yield from bps.checkpoint()  # after a pause, no point is taken again while the shutter opens


def _check(number: int) -> None:
    if index(number) < 0:
        msg = f"the number of darks, or flats, must be 0 or more, not {number}"
        raise ValueError(msg)
