"""Settings of cameras that hold for a plan."""

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from math import isclose
from numbers import Integral, Real
from typing import Any

from bluesky import plan_stubs as bps
from bluesky.protocols import Movable
from bluesky.utils import Msg, make_decorator

from .arguments import NAMED, check_cameras
from .putting_back import Plan, put_back_wrapper

_COUPLED = ("exposure_time", "frame_rate")
"""A camera may change the one along with the other."""

_ROUNDED = 0.01
"""By what part of it a camera may round what it is asked for, such as a time to the ticks of its clock."""


def settings_wrapper(plan: Plan, cameras: Sequence[Any], **settings: Any) -> Plan:
    """Change settings of cameras for a plan, and put them back, whatever becomes of it.

    Parameters
    ----------
    plan
        Of which the settings hold. It stages the cameras: many a setting can only be changed before.
    cameras
        Each gets all the settings.
    settings
        Values by name, such as ``exposure_time`` (seconds) and ``frame_rate`` (hertz); None: left as it is.

    Yields
    ------
    Msg
        Those of the plan, and those that set and put back.

    Raises
    ------
    ValueError
        When a camera has no such setting, or the exposure does not fit into the period of the frame rate, before
        anything is changed. When a value is refused. When a camera has another value after all were set, since it has
        changed it along with another, or cannot reach it; the error names camera, setting and values.
    TypeError
        When the cameras stand in no list, or something without a name stands there.
    Exception
        Whatever else a camera raises.

    Notes
    -----
    Settings are set in their order, and put back in the reverse one. ``exposure_time`` and ``frame_rate`` limit each
    other, so that an exposure that becomes longer is set last, and one that becomes shorter first. Where a camera
    changes the one along with the other, both are put back.

    When all are set, they are read back: a number may differ by 1 % of what was asked for, since cameras round; whole
    numbers, bools and strings may not.

    Examples
    --------
    ``RE(settings_wrapper(bp.count([camera], 10), [camera], exposure_time=0.1))``
    """
    check_cameras("settings_wrapper", cameras, NAMED)
    wanted = {name: value for name, value in settings.items() if value is not None}
    _check_fits(wanted.get("exposure_time"), wanted.get("frame_rate"))
    signals = [{name: _signal(camera, name) for name in wanted} for camera in cameras]
    plan = _checked(plan, cameras, signals, wanted)
    for camera, its in zip(cameras, signals, strict=True):
        coupled = {name: getattr(camera, name) for name in _COUPLED if wanted and _is_setting(camera, name)}
        plan = _changed(plan, {**coupled, **its}, wanted, attempts=len(cameras) + 1)
    return (yield from plan)


settings_decorator = make_decorator(settings_wrapper)
"""As `settings_wrapper`, for a function that makes a plan."""


def _is_setting(camera: Any, name: str) -> bool:
    return isinstance(getattr(camera, name, None), Movable)


def _signal(camera: Any, name: str) -> Any:
    if not _is_setting(camera, name):
        msg = f"{camera.name} has no setting {name!r}: its source offers none that could be set; leave {name} out"
        raise ValueError(msg)
    return getattr(camera, name)


def _check_fits(exposure_time: object, frame_rate: object) -> None:
    """Before anything is changed; a camera would lower the frame rate."""
    if not (isinstance(exposure_time, Real) and isinstance(frame_rate, Real)):
        return
    if float(exposure_time) * float(frame_rate) > 1 + 1e-9:
        msg = (
            f"an exposure of {exposure_time} s does not fit into a period of {1 / float(frame_rate)} s, which is a "
            f"frame rate of {frame_rate} Hz; shorten the one, or prolong the other"
        )
        raise ValueError(msg)


def _checked(
    plan: Plan, cameras: Sequence[Any], signals: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]
) -> Plan:
    """The plan, if the cameras have what was set."""
    wrong: list[str] = []
    for camera, its in zip(cameras, signals, strict=True):
        found = yield from _values(its)
        wrong += [
            f"{camera.name}: {name} is {value!r} after {wanted[name]!r} was set"
            for name, value in found.items()
            if not _is_as_asked(wanted[name], value)
        ]
    if wrong:
        msg = f"{'; '.join(wrong)}; settings limit each other, or are rounded: ask for what goes together"
        raise ValueError(msg)
    return (yield from plan)


def _is_as_asked(asked: Any, found: Any) -> bool:
    if any(isinstance(value, bool) or not isinstance(value, Real) for value in (asked, found)):
        return bool(asked == found)
    if isinstance(found, Integral):
        return asked == found
    return isclose(asked, found, rel_tol=_ROUNDED, abs_tol=1e-12)


def _changed(plan: Plan, signals: Mapping[str, Any], wanted: Mapping[str, Any], *, attempts: int) -> Plan:
    """One camera's."""
    before: dict[str, Any] = {}
    done: list[str] = []

    def change() -> Plan:
        before.update((yield from _values(signals)))
        for name in _in_order(before, wanted):
            yield from bps.mv(signals[name], wanted[name])
            done.append(name)
        return (yield from plan)

    def put_back() -> Plan:
        for names in (done, list(before)):  # a camera may put back along what it has changed along
            now = yield from _values({name: signals[name] for name in reversed(names) if name in before})
            for name in _in_order(now, {name: before[name] for name in now if now[name] != before[name]}):
                yield from bps.mv(signals[name], before[name])

    return (yield from put_back_wrapper(change(), put_back, attempts=attempts))


def _values(signals: Mapping[str, Any]) -> Generator[Msg, Any, dict[str, Any]]:
    """What they are; without those that nobody tells, since nobody executes the messages."""
    values: dict[str, Any] = {}
    for name, signal in signals.items():
        read = partial(bps.rd, signal, default_value=None)
        value = yield from read()
        if value is None:  # bluesky gives no answer to a message that a pause interrupted
            value = yield from read()
        if value is not None:
            values[name] = value
    return values


def _in_order(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Names of settings, as their limits allow to change them one after another."""
    exposure, before = wanted.get("exposure_time"), now.get("exposure_time")
    becomes_longer = isinstance(exposure, Real) and before is not None and exposure > before
    return sorted(wanted, key=lambda name: (name == "exposure_time") == becomes_longer)
