"""A camera without hardware."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from framestore.frame import Frame

Scene = Callable[[tuple[int, int]], NDArray[np.float64]]
"""(height, width) -> expected counts of each pixel, (height, width) float64."""


class GaussianBlob:
    """A two-dimensional Gaussian whose centre moves.

    Parameters
    ----------
    position
        Returns the centre as (x, y), in units of ``scale`` away from the middle of the frame; x to the right, y down.
    scale
        Pixels in a unit of position.
    sigma
        Standard deviation of the blob, pixels.
    amplitude
        Expected counts at the centre, above the background.
    background
        Expected counts far away.

    Notes
    -----
    background + amplitude exp(-((x - x0)^2 + (y - y0)^2) / (2 sigma^2)), calculated as the outer product of its
    two factors.
    """

    def __init__(
        self,
        position: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0),
        *,
        scale: float = 1.0,
        sigma: float = 20.0,
        amplitude: float = 1000.0,
        background: float = 10.0,
    ) -> None:
        self._position = position
        self._scale = scale
        self._sigma = sigma
        self._amplitude = amplitude
        self._background = background

    def __call__(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Expected counts, (height, width)."""
        x, y = self._position()
        rows, columns = (
            np.exp(-((np.arange(size) - (size - 1) / 2 - offset * self._scale) ** 2) / (2 * self._sigma**2))
            for size, offset in zip(shape, (y, x), strict=True)
        )
        return self._background + self._amplitude * np.outer(rows, columns)


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
        Frames that a free-running camera keeps.

    Raises
    ------
    ValueError
        When ``shape`` is not that of an image, ``rate`` is not above zero, or missing where it is free-running.
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
        self.free_running = free_running
        self.can_wait = not free_running
        self.shape = tuple(shape)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._scene = scene or GaussianBlob()
        self._period = 1 / rate if rate else 0.0
        self._buffers = buffers
        self._began = 0.0
        self._seed = seed
        self._noise = noise
        self._random = np.random.default_rng(seed)
        self._count = 0

    def start(self) -> None:
        """Begin anew: frame ids from 0, and the seed's noise."""
        self._count = 0
        self._began = time.time()
        self._random = np.random.default_rng(self._seed)

    @property
    def exposure_time(self) -> float:
        """How long an exposure lasts, seconds."""
        return self._period

    def next_frame(self, timeout: float) -> Frame:
        """Expose for one period and return the frame; of a free-running source, the oldest that is kept, or the next.

        Raises
        ------
        TimeoutError
            When it takes longer than ``timeout``.
        """
        now = time.time()
        began = self._oldest(now) if self.free_running else now
        left = began + self._period - now
        if left > timeout:
            time.sleep(timeout)
            msg = f"a simulated exposure takes {self._period} s, longer than the {timeout} s that it was given"
            raise TimeoutError(msg)
        frame = Frame(self._expose(), self._count, began)
        left = began + self._period - time.time()  # drawing the frame is part of its exposure
        if left > 0:
            time.sleep(left)
        self._count += 1
        return frame

    def stop(self) -> None:
        """Do nothing: there is no hardware."""

    def _oldest(self, now: float) -> float:
        """Go on to the oldest frame that is kept, or that is exposed now; when its exposure began, POSIX seconds."""
        exposed = int((now - self._began) / self._period)
        self._count = max(self._count, exposed - self._buffers)
        return self._began + self._count * self._period

    def _expose(self) -> NDArray[Any]:
        expected = self._scene((self.shape[0], self.shape[1]))
        counts = self._random.poisson(expected) if self._noise else np.rint(expected)
        if np.issubdtype(self.dtype, np.integer):
            counts = np.clip(counts, 0, np.iinfo(self.dtype).max)
        return counts.astype(self.dtype)
