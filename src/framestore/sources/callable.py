"""A function that returns an array, as a source."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from framestore.frame import Frame
from framestore.setting import Setting, checked


class CallableSource:
    """Frames from a function, called once a frame after the trigger and never ahead of it.

    Parameters
    ----------
    grab
        Takes no argument, returns an array (height, width) or (height, width, 3). It may return the same buffer,
        filled anew, each time. An exception that it raises fails the point.
    shape, dtype
        Of every frame. Where one is not given, one extra call at the first `start` finds both.
    settings
        What can be changed of the camera, by name; see `framestore.Setting`. Where one of them is set that is not for
        ``while_staged``, what is not given of shape and dtype is found anew.

    Raises
    ------
    TypeError
        When ``grab`` cannot be called, or a setting is none.
    ValueError
        When a setting's name or units are refused.

    Examples
    --------
    >>> import numpy
    >>> source = CallableSource(lambda: numpy.zeros((4, 6), "uint16"))
    >>> source.start()
    >>> source.shape, source.dtype
    ((4, 6), dtype('uint16'))
    """

    can_wait = True

    def __init__(
        self,
        grab: Callable[[], ArrayLike],
        shape: tuple[int, ...] | None = None,
        dtype: DTypeLike | None = None,
        *,
        settings: Mapping[str, Setting] | None = None,
    ) -> None:
        if not callable(grab):
            msg = f"grab must be a function that returns an array, not {grab!r}"
            raise TypeError(msg)
        self._grab = grab
        self._given_shape = None if shape is None else tuple(shape)
        self._given_dtype = None if dtype is None else np.dtype(dtype)
        self._shape, self._dtype = self._given_shape, self._given_dtype
        self._outdated = False
        self._count = 0
        self.settings = {name: self._noting(setting) for name, setting in checked(settings).items()}
        """What can be changed, by name."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame; empty until it is known."""
        return self._shape or ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of a frame; void until it is known."""
        return np.dtype("V") if self._dtype is None else self._dtype

    def start(self) -> None:
        """Begin to number frames from 0, and find shape and dtype if they are not known."""
        self._count = 0
        if self._shape is None or self._dtype is None or self._outdated:
            array = self._array()
            self._shape = self._given_shape or array.shape
            self._dtype = self._given_dtype or array.dtype
            self._outdated = False

    def next_frame(self, timeout: float) -> Frame:
        """Call the function. It cannot be interrupted: the acquisition watches over ``timeout``."""
        del timeout
        timestamp = time.time()
        array = self._array()
        # Such a frame is refused; what was not said but found is found out anew by the next staging.
        self._outdated = self._outdated or array.shape != self._shape or array.dtype != self._dtype
        frame = Frame(array, self._count, timestamp)
        self._count += 1
        return frame

    def stop(self) -> None:
        """Do nothing: a function holds nothing."""

    def _array(self) -> NDArray[Any]:
        grabbed: Any = self._grab()
        if grabbed is None:
            msg = f"{self!r} returned None; the function must return an array, (height, width)"
            raise TypeError(msg)
        return np.asarray(grabbed)

    def _noting(self, setting: Setting) -> Setting:
        """The same setting; when it is set, and may change the frames, what was found of them is outdated."""
        if setting.while_staged:
            return setting

        def set_and_note(value: Any) -> None:
            self._outdated = True
            setting.set(value)

        return replace(setting, set=set_and_note)

    def __repr__(self) -> str:
        """Name of the function."""
        return f"CallableSource({getattr(self._grab, '__qualname__', self._grab)})"
