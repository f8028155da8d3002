"""A setting of a camera, such as its exposure time."""

import math
import numbers
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getattr_static, iscoroutinefunction
from types import MappingProxyType
from typing import Any, cast

import numpy as np

Value = float | int | bool | str
"""What a setting may be."""

UNITS = MappingProxyType({"exposure_time": "s", "frame_rate": "Hz"})
"""Units of settings that mean the same in every camera."""
TRIGGER_MODES = ("internal", "external_edge", "external_level")
"""What begins an exposure, the choices of ``trigger_mode`` in every camera: the camera itself, or whoever asks it for a
frame; a rising edge on its trigger input, for ``exposure_time``; a rising edge, until the falling one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """Something of a camera that can be looked at and changed: a number, a whole number, a bool or a string.

    What kind it is, is told by the values that ``get`` returns. An int is a whole number, unless a limit is a float;
    ``exposure_time`` and ``frame_rate`` never are whole numbers.

    Raises
    ------
    TypeError
        When a field is of another type than described.
    ValueError
        When limits or choices allow nothing, or both are given.

    Examples
    --------
    >>> camera = {"ExposureTime": 10_000.0}  # microseconds
    >>> exposure_time = Setting(
    ...     get=lambda: camera["ExposureTime"] * 1e-6,
    ...     set=lambda seconds: camera.update(ExposureTime=seconds * 1e6),
    ...     units="s",
    ...     limits=(1e-5, 10.0),
    ... )
    >>> exposure_time.set(0.5)
    >>> exposure_time.read()
    0.5
    """

    get: Callable[[], Value]
    """Asks the camera for the value; called on the thread that has the source."""
    set: Callable[[Any], object]
    """Gives the camera a value, and returns when it has it; called on the thread that has the source.

    The value is of the kind that ``get`` returns, and one that limits and choices allow."""
    units: str = ""
    """Of the value: ``"s"`` for ``exposure_time`` and ``"Hz"`` for ``frame_rate``, whatever the camera's own are."""
    limits: tuple[float, float] | None = None
    """Least and greatest number that can be set; ``-math.inf`` or ``math.inf`` where there is none."""
    choices: tuple[str, ...] | None = None
    """The strings that can be set."""
    while_staged: bool = True
    """Whether it can be set while frames are taken; not what changes their shape or dtype."""

    def __post_init__(self) -> None:
        """Check the fields."""
        if not (callable(self.get) and callable(self.set)):
            msg = f"get and set of a setting must be functions, not {self.get!r} and {self.set!r}"
            raise TypeError(msg)
        if iscoroutinefunction(self.get) or iscoroutinefunction(self.set):
            msg = f"get and set of a setting must be plain functions; nobody awaits {self.get!r} and {self.set!r}"
            raise TypeError(msg)
        if not isinstance(cast("object", self.units), str):
            msg = f'units of a setting must be a string such as "s", not {self.units!r}'
            raise TypeError(msg)
        if self.limits is not None and self.choices is not None:
            msg = f"a setting has limits or choices, not both: {self.limits!r} and {self.choices!r}"
            raise ValueError(msg)
        if self.limits is not None:
            _check_limits(self.limits)
            object.__setattr__(self, "limits", tuple(_plain(limit) for limit in self.limits))  # numpy's, too
        if self.choices is not None:
            _check_choices(self.choices)
            object.__setattr__(self, "choices", tuple(_plain(choice) for choice in self.choices))  # enumerations, too

    def read(self, name: str = "a setting") -> Value:
        """The value, as the camera says it, as a plain Python object.

        Parameters
        ----------
        name
            Of the setting, for messages; and to know those that are the same in every camera.

        Raises
        ------
        TypeError
            When that is no value that a setting may have, or its limits or choices are not of its kind.
        Exception
            Whatever ``get`` raised.
        """
        found = self.get()
        value = _plain(found)
        if value is None:
            msg = f"{name} must be a number, a bool or a string; its get returned {found!r}"
            raise TypeError(msg)
        if self.choices is not None and not isinstance(value, str):
            msg = f"{name} has choices, so it must be a string; its get returned {value!r}"
            raise TypeError(msg)
        reason = "has limits" if self.limits is not None else f"is in {UNITS[name]}" if name in UNITS else ""
        if reason and isinstance(value, bool | str):
            msg = f"{name} {reason}, so it must be a number; its get returned {value!r}"
            raise TypeError(msg)
        exact = name in UNITS or any(isinstance(limit, float) for limit in self.limits or ())
        return float(value) if exact else value

    def as_value(self, value: Any, like: Value) -> Value:
        """What is to be set, as a value of the kind that the setting has.

        Parameters
        ----------
        value
            To be set.
        like
            A value that the setting had.

        Raises
        ------
        TypeError
            When it is of another kind; a bool is no number, and a fraction no whole number.
        ValueError
            When it is no finite number.
        """
        if not isinstance(like, bool | str):
            return _as_number(value, whole=isinstance(like, int))
        plain = _plain(value)
        if plain is None or type(plain) is not type(like):
            msg = f"must be {'True or False' if isinstance(like, bool) else 'a string'}, not {value!r}"
            raise TypeError(msg)
        return plain

    def allows(self, value: Value) -> bool:
        """Whether a value is within the limits, or one of the choices."""
        if self.limits is not None:
            return self.limits[0] <= cast("float", value) <= self.limits[1]
        return self.choices is None or value in self.choices

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        units = f" {self.units}" if self.units else ""
        if self.limits is not None:
            return f"from {self.limits[0]} to {self.limits[1]}{units}"
        return f"one of: {', '.join(self.choices)}" if self.choices is not None else "anything"


def has_settings(source: object) -> bool:
    """Whether a source may have settings; said without asking the camera for them."""
    found = getattr_static(source, "settings", None)
    if isinstance(found, Mapping):
        return len(cast("Mapping[Any, Any]", found)) > 0
    return found is not None or hasattr(type(source), "__getattr__")


def settings_of(source: object) -> dict[str, Setting]:
    """The settings that a source has now, by name, checked.

    Parameters
    ----------
    source
        With or without ``settings``. They may be looked up in the camera: called on the thread that has the source.

    Raises
    ------
    TypeError
        When ``settings`` is no mapping of names to `Setting`.
    ValueError
        When a name is no identifier, or a setting that is the same in every camera has units or choices of its own.
    """
    try:
        settings = cast("Any", source).settings
    except AttributeError:
        if getattr_static(source, "settings", None) is not None:
            raise  # by its own code
        return {}
    return checked(settings)


def checked(settings: Mapping[str, Setting] | None) -> dict[str, Setting]:
    """Settings by name; the same errors as `settings_of`."""
    if settings is None:
        return {}
    if not isinstance(cast("object", settings), Mapping):
        msg = f"settings must be a mapping of names to framestore.Setting, not {settings!r}"
        raise TypeError(msg)
    for name, setting in settings.items():
        _check_setting(name, setting)
    return dict(settings)


def _check_setting(name: object, setting: object) -> None:
    if not isinstance(setting, Setting):
        msg = f"the setting {name!r} must be a framestore.Setting, not {setting!r}"
        raise TypeError(msg)
    if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
        msg = f"a setting's name is a word such as 'exposure_time', without blanks and dots; not {name!r}"
        raise ValueError(msg)
    if setting.units != UNITS.get(name, setting.units):
        msg = (
            f"the setting {name!r} is in {UNITS[name]!r} in every camera, not {setting.units!r}; convert it in get, "
            f"set and limits, and say units={UNITS[name]!r}"
        )
        raise ValueError(msg)
    if name == "trigger_mode" and not set(setting.choices or ("anything",)) <= set(TRIGGER_MODES):
        msg = (
            f"the setting 'trigger_mode' has choices out of {', '.join(TRIGGER_MODES)} in every camera, not "
            f"{setting.choices!r}; translate them in get and set, or give the setting another name"
        )
        raise ValueError(msg)


def _check_limits(limits: Any) -> None:
    pair: list[Any] = list(limits) if isinstance(limits, tuple) else []
    if len(pair) != 2 or any(_plain(limit) is None or isinstance(limit, bool | str) for limit in pair):
        msg = f"limits of a setting must be a tuple of two numbers, the least and the greatest, not {limits!r}"
        raise TypeError(msg)
    low, high = pair
    if not low <= high or low == math.inf or high == -math.inf:
        msg = f"limits of a setting must be the least and the greatest number, and allow some; got {limits!r}"
        raise ValueError(msg)


def _check_choices(choices: Any) -> None:
    if not (isinstance(choices, tuple) and all(isinstance(choice, str) for choice in cast("tuple[Any, ...]", choices))):
        msg = f"choices of a setting must be a tuple of strings, not {choices!r}"
        raise TypeError(msg)
    if not choices or len(set(cast("tuple[str, ...]", choices))) < len(cast("tuple[str, ...]", choices)):
        msg = f"choices of a setting must be at least one, each once; got {choices!r}"
        raise ValueError(msg)


def _plain(value: Any) -> Value | None:
    """A plain bool, int, float or str, also of a numpy scalar or an enumeration of strings; None of anything else."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else None


def _as_number(value: Any, *, whole: bool) -> float | int:
    plain = _plain(value)
    if plain is None or isinstance(plain, bool | str):
        msg = f"must be a number, not {value!r}"
        raise TypeError(msg)
    if not -sys.float_info.max <= plain <= sys.float_info.max:  # whole numbers may be beyond
        msg = f"must be a finite number, not {value!r}"
        raise ValueError(msg)
    if whole and plain != int(plain):
        msg = f"must be a whole number, not {value!r}"
        raise TypeError(msg)
    return int(plain) if whole else float(plain)
