"""A frame, and what gives frames."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class FrameError(ValueError):
    """A frame that is not what its source announced: another shape or another dtype."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One exposure of a camera."""

    array: NDArray[Any]
    """(height, width), or (height, width, 3) for RGB. Valid until the source is asked for the next frame."""
    frame_id: int
    """Number that the camera gave the frame."""
    timestamp: float
    """Start of the exposure, POSIX seconds."""


class FrameSource(Protocol):
    """Anything that gives frames. One thread calls all its methods.

    Each frame's array is valid until ``next_frame`` is called again, or ``stop``; whoever keeps it longer copies it.

    A source may say more about itself, by attributes that it need not have:

    - ``can_wait = True``: its next frame waits until it is asked for, as that of a function does. Then few frames of
      a burst are kept in memory; else as many as ``queue_bytes`` allows, for a camera that goes on by itself.
    - ``reuses_buffers = False``: its arrays stay as they are. Then a burst is written without copying them.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every frame, known once ``start`` has returned."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of every frame, known once ``start`` has returned."""
        ...

    def start(self) -> None:
        """Get ready to give frames; called when the camera is staged."""
        ...

    def next_frame(self, timeout: float) -> Frame:
        """Wait for a frame that was exposed after this call, for at most ``timeout`` seconds.

        Raises
        ------
        TimeoutError
            When no frame came. Any other exception means that the source is broken; both fail the point's Status.
        """
        ...

    def stop(self) -> None:
        """Let go of what ``start`` took; called when the camera is unstaged, also after a failure."""
        ...
