"""A camera without hardware."""

import math
import time
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from framestore.frame import Frame
from framestore.setting import TRIGGER_MODES, Setting

from .scene import GaussianBlob, Scene
from .trigger_input import TriggerInput
from .trigger_line import TriggerLine

PIXEL_FORMATS = MappingProxyType({"Mono8": np.dtype("uint8"), "Mono16": np.dtype("uint16")})
"""Dtypes by the names that cameras give them."""
_WITHOUT_RATE = 0.01
"""Seconds of exposure that give the counts of the scene, where a frame takes no time at first."""


class SimulatedSource:
    """Frames of a scene with the noise of counting photons (Poisson).

    Parameters
    ----------
    shape
        (height, width), pixels.
    dtype
        Of the frames; counts beyond an integer type's range saturate, as they do in a camera.
    scene
        What is seen; by default a `GaussianBlob` in the middle.
    rate
        Frames a second; None: as fast as they are taken.
    seed
        Of the noise: equal seeds give equal frames after each `start`. None: every run differs.
    noise
        False gives the expected counts, rounded.
    free_running
        Frames are exposed on and on, one after another, whether they are asked for or not, as by a camera that has no
        trigger. The last ``buffers`` of them are kept; what is asked for later is lost, and its number missing.
    buffers
        Frames that a camera keeps which is free-running, or triggered by a line.
    trigger
        The line at its trigger input; several cameras may have the same. None: it has no such input.

    Notes
    -----
    It has the settings ``gain``, by which counts are multiplied, and ``exposure_time``: the scene's counts are those of
    the time that it has first, the period of ``rate``, and more or fewer in proportion. With a ``rate``, it has
    ``frame_rate``, which no exposure can exceed. Without one, ``exposure_time`` is 0: a frame then takes no time, and
    has the counts of 10 ms. Frames of uint8 and uint16 have a ``pixel_format``, Mono8 or Mono16.

    With a ``trigger`` it has ``trigger_mode``: ``internal`` (at first), ``external_edge`` or ``external_level``; see
    `framestore.FrameSource`. While it is external, frame ids count the triggers, from 0 at each `start`, and timestamps
    are those of the rising edges. An edge that comes while a frame is being exposed is missed: its number has no frame.
    With ``external_level``, counts are those of the time that the line is high, whatever ``exposure_time`` is. What is
    seen is that of the moment when the frame is asked for.

    Raises
    ------
    ValueError
        When ``shape`` is not that of an image, ``rate`` is not above zero, or missing where it is free-running, or
        ``buffers`` are missing where they are needed.
    """

    reuses_buffers = False
    hardware_time = True

    def __init__(
        self,
        shape: tuple[int, int] = (240, 320),
        dtype: DTypeLike = "uint16",
        scene: Scene | None = None,
        *,
        rate: float | None = None,
        seed: int | None = None,
        noise: bool = True,
        free_running: bool = False,
        buffers: int = 16,
        trigger: TriggerLine | None = None,
    ) -> None:
        if len(shape) != 2 or min(shape) < 1:
            msg = f"shape must be (height, width) of at least one pixel each, got {shape!r}"
            raise ValueError(msg)
        if rate is not None and not rate > 0:
            msg = f"rate must be above 0 frames a second, got {rate!r}"
            raise ValueError(msg)
        if free_running and (rate is None or buffers < 1):
            msg = f"a free-running source needs a rate and at least one buffer, got rate={rate!r}, buffers={buffers!r}"
            raise ValueError(msg)
        if trigger is not None and buffers < 1:
            msg = f"a source that a line triggers needs at least one buffer, got buffers={buffers!r}"
            raise ValueError(msg)
        self.free_running = free_running
        self.can_wait = not free_running and trigger is None
        self.shape = tuple(shape)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._scene = scene or GaussianBlob()
        self._rate = rate
        self._first_exposure = self._exposure = 1 / rate if rate else 0.0
        self._gain = 1.0
        self._buffers = buffers
        self._line, self._input = trigger, TriggerInput(buffers)
        self._trigger_mode = "internal"
        self._last = -math.inf
        self._first, self._began = 0, 0.0
        self._seed = seed
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self._count = 0

    def start(self) -> None:
        """Begin anew: frame ids from 0, and the seed's noise."""
        self._count = self._first = 0
        self._began, self._last = time.time(), -math.inf
        self._random = np.random.default_rng(self._seed)
        if self._line is not None:
            self._input.listen(self._trigger_mode, self._exposure, 0)
            self._line.connect(self._input.edge)

    @property
    def exposure_time(self) -> float:
        """How long an exposure lasts, seconds."""
        return self._exposure

    @property
    def settings(self) -> dict[str, Setting]:
        """What can be changed, by name, with the limits of now."""
        settings = {
            "exposure_time": Setting(
                get=lambda: self._exposure,
                set=partial(self._change, "_exposure"),
                units="s",
                limits=(min(1e-5, self._first_exposure), max(60.0, self._first_exposure)),
            ),
            "gain": Setting(get=lambda: self._gain, set=partial(setattr, self, "_gain"), limits=(1.0, 100.0)),
        }
        if self._rate is not None:
            highest = max(1 / self._exposure, self._frame_rate())
            limits = (min(0.001, self._frame_rate()), highest)
            settings["frame_rate"] = Setting(
                get=self._frame_rate, set=partial(self._change, "_rate"), units="Hz", limits=limits
            )
        if self._line is not None:
            settings["trigger_mode"] = Setting(
                get=lambda: self._trigger_mode, set=partial(self._change, "_trigger_mode"), choices=TRIGGER_MODES
            )
        if self.dtype in PIXEL_FORMATS.values():
            settings["pixel_format"] = Setting(
                get=lambda: next(name for name, dtype in PIXEL_FORMATS.items() if dtype == self.dtype),
                set=lambda name: setattr(self, "dtype", PIXEL_FORMATS[name]),
                choices=tuple(PIXEL_FORMATS),
                while_staged=False,
            )
        return settings

    def next_frame(self, timeout: float) -> Frame:
        """Expose a frame and return it; of a source that exposes unasked, the oldest that is kept, or the next.

        Raises
        ------
        TimeoutError
            When it takes longer than ``timeout``.
        """
        if self._trigger_mode != "internal":
            exposed = self._input.next(timeout)
            by_level = self._trigger_mode == "external_level"
            return Frame(self._expose(exposed.seconds if by_level else None), exposed.number, exposed.began)
        now = time.time()
        began = self._oldest(now) if self.free_running else max(now, self._last + self._period())
        left = began + self._exposure - now
        if left > timeout:
            time.sleep(timeout)
            msg = f"a simulated exposure takes {self._exposure} s, longer than the {timeout} s that it was given"
            raise TimeoutError(msg)
        frame = Frame(self._expose(), self._count, began)
        left = began + self._exposure - time.time()  # drawing the frame is part of its exposure
        if left > 0:
            time.sleep(left)
        self._last = began
        self._count += 1
        return frame

    def stop(self) -> None:
        """Heed triggers no more."""
        if self._line is not None:
            self._line.disconnect(self._input.edge)

    def _period(self) -> float:
        """Seconds from the begin of one exposure to that of the next, at least."""
        return max(1 / self._rate, self._exposure) if self._rate else self._exposure

    def _frame_rate(self) -> float:
        """Frames a second: as many as were asked for, or as their exposures allow."""
        rate = self._rate or 0.0
        return rate if self._exposure <= 1 / rate else 1 / self._exposure

    def _change(self, attribute: str, value: float | str) -> None:
        """Change what exposures begin at, or last; what was exposed unasked is broken off and forgotten.

        Numbers go on.
        """
        now = time.time()
        if self._trigger_mode != "internal":
            self._count = self._input.number
        elif self.free_running:
            self._count = self._first + math.floor((now - self._began) / self._period()) + 1
        setattr(self, attribute, value)
        self._first, self._began = self._count, now
        self._input.listen(self._trigger_mode, self._exposure, self._count)

    def _oldest(self, now: float) -> float:
        """Go on to the oldest frame that is kept, or that is exposed now; when its exposure began, POSIX seconds."""
        period = self._period()
        exposed = self._first + math.floor((now - self._began - self._exposure) / period) + 1
        self._count = max(self._count, exposed - self._buffers)
        return self._began + (self._count - self._first) * period

    def _expose(self, seconds: float | None = None) -> NDArray[Any]:
        """Counts after so many seconds; None: after the exposure time that is set."""
        expected = self._scene((self.shape[0], self.shape[1]))
        usual = self._first_exposure or _WITHOUT_RATE
        if seconds is None:
            seconds = self._exposure or _WITHOUT_RATE
        if seconds != usual:
            expected = expected * (seconds / usual)
        counts = self._random.poisson(expected) if self._noise else np.rint(expected)
        if self._gain != 1:
            counts = np.rint(counts * self._gain)
        if np.issubdtype(self.dtype, np.integer):
            counts = np.clip(counts, 0, np.iinfo(self.dtype).max)
        return counts.astype(self.dtype)
