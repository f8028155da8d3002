"""What a camera is given, checked."""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from framestore.acquisition import STATISTICS, SavedFrames, combined_dtype
from framestore.formats import Format, check_holds
from framestore.frame import FrameSaver, FrameSource
from framestore.sources import CallableSource

_NUMBERS = "biuf"


class Seconds:
    """An attribute that is a time, seconds.

    Parameters
    ----------
    or_none
        Whether it may be None, and then not 0.
    """

    def __init__(self, *, or_none: bool = False) -> None:
        self._or_none = or_none
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Note the name."""
        self._name = name

    def __get__(self, camera: Any, owner: type | None = None) -> Any:
        """The time."""
        return self if camera is None else camera.__dict__[self._name]

    def __set__(self, camera: Any, value: float | None) -> None:
        """Set it; ValueError when it is none."""
        good = isinstance(value, int | float) and (value > 0 if self._or_none else 0 <= value < math.inf)
        if not good and not (self._or_none and value is None):
            least = "above 0, or None" if self._or_none else "from 0 on"
            msg = f"{self._name} must be a number of seconds {least}, not {value!r}"
            raise ValueError(msg)
        camera.__dict__[self._name] = value


def as_source(source: Any, camera: str) -> FrameSource | FrameSaver:
    """The source itself, or a function as one.

    Raises
    ------
    TypeError
        When it is neither.
    """
    if hasattr(source, "next_frame") or hasattr(source, "save_frame"):
        return source
    if callable(source):
        return CallableSource(cast("Callable[[], ArrayLike]", source))
    msg = f"{camera}: source must be a FrameSource, a SavingSource or a function that returns an array, not {source!r}"
    raise TypeError(msg)


def above_zero(value: Any, argument: str) -> Any:
    """``value``, which is a number above 0; ValueError when not."""
    if not (isinstance(value, int | float) and 0 < value < math.inf):
        msg = f"{argument} must be a number above 0, not {value!r}"
        raise ValueError(msg)
    return value


def check_combination(source: FrameSource, exposures: int, camera: str) -> None:
    """Refuse to combine exposures of a source that saves each in a file of its own; ValueError."""
    if exposures > 1 and isinstance(source, SavedFrames):
        msg = f"{camera}: {source!r} saves each exposure in a file; it goes with exposures_per_frame=1, not {exposures}"
        raise ValueError(msg)


def check_format(format: Format, source: FrameSource, camera: str, *, exposures: int, way: str) -> None:  # noqa: A002
    """Refuse a format that cannot hold what the source announces, as far as it does so before it is started.

    Raises
    ------
    ValueError
        It names the formats that can.
    """
    try:
        shape, dtype = tuple(source.shape), np.dtype(source.dtype)
    except Exception:  # noqa: BLE001 - a camera that has to be opened for that; staging looks again
        return
    if shape and dtype.kind != "V":
        if dtype.kind in _NUMBERS:
            dtype = combined_dtype(dtype, exposures, way)
        check_holds(format, shape, dtype, camera, saved=isinstance(source, SavedFrames))


def one_of(choices: Sequence[str], value: str, argument: str) -> str:
    """``value``, which is one of the choices.

    Raises
    ------
    ValueError
        When it is not; it names them.
    """
    if value not in choices:
        msg = f"{argument} must be one of: {', '.join(choices)}; got {value!r}"
        raise ValueError(msg)
    return value


def known_statistics(names: Sequence[str], argument: str) -> tuple[str, ...]:
    """``names``, each of which is that of a statistic; ValueError when not."""
    return one_of_each(tuple(STATISTICS), names, argument)


def one_of_each(choices: Sequence[str], names: Sequence[str], argument: str) -> tuple[str, ...]:
    """``names``, each of which is one of the choices.

    Raises
    ------
    ValueError
        When one is not; it names them.
    """
    if isinstance(names, str) or any(name not in choices for name in names):
        msg = f"{argument} must be a sequence out of: {', '.join(dict.fromkeys(choices))}; got {names!r}"
        raise ValueError(msg)
    return tuple(names)
