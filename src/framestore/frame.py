"""A frame, and what gives frames."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class FrameError(ValueError):
    """A frame that cannot be taken: of another shape or dtype than announced, incomplete, or lost."""


class IncompleteFrameError(FrameError):
    """A frame of which a part is missing, as after a lost packet; raised by a source's ``next_frame``.

    The frame counts as dropped; the source goes on, and the next frame is asked for where that is allowed.

    Parameters
    ----------
    frame_id
        Number that the camera gave the frame; None when it does not tell.
    reason
        What the camera says of it.
    """

    def __init__(self, frame_id: int | None, reason: str = "a part of it is missing") -> None:
        super().__init__(f"{'a frame' if frame_id is None else f'frame {frame_id}'} arrived incomplete: {reason}")
        self.frame_id = frame_id


class LostFramesError(FrameError):
    """Frames that the camera has exposed did not arrive, or arrived twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameInfo:
    """What is known of a frame beside its pixels."""

    frame_id: int
    """Number that the camera gave the frame."""
    timestamp: float
    """Start of the exposure, POSIX seconds."""
    exposure_time: float = 0.0
    """How long each of its exposures lasted, seconds; 0 where the source does not say."""
    checksum: int | None = None
    """Of its pixels, where one was asked for; an encoder makes it, see `framestore_handlers.checksum`."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One exposure of a camera."""

    array: NDArray[Any]
    """(height, width), or (height, width, 3) for RGB. Valid until the source is asked for the next frame."""
    frame_id: int
    """Number that the camera gave the frame."""
    timestamp: float
    """Start of the exposure, POSIX seconds."""

    def discard(self) -> None:
        """Clear away what the frame takes beside its array, when nobody wants it: nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class SavedFrame(Frame):
    """A frame that stands in a file already, which ``array`` was read from."""

    path: Path
    """The file; it holds this frame and nothing else, and waits to be moved to its place."""

    def discard(self) -> None:
        """Remove the file."""
        with contextlib.suppress(OSError):  # what cannot be removed goes with its folder when the source is stopped
            self.path.unlink()


class FrameSource(Protocol):
    """Anything that gives frames. One thread calls all its methods.

    Each frame's array is valid until ``next_frame`` is called again, or ``stop``; whoever keeps it longer copies it.

    A source may say more about itself, by attributes that it need not have:

    - ``can_wait = True``: its next frame waits until it is asked for, as that of a function does. Then few frames of
      a burst are kept in memory; else as many as ``queue_bytes`` allows, for a camera that goes on by itself.
    - ``reuses_buffers = False``: its arrays stay as they are. Then a burst is written without copying them.
    - ``free_running = True``: it exposes frames on and on from ``start`` to ``stop``. Then it is asked for frames all
      the time; those that nobody wants are skipped. A frame whose exposure began before the trigger is not taken for
      it.
    - ``hardware_time = True``: its timestamps are the camera's, brought to the clock of this computer. Without it, one
      full exposure after a trigger is skipped, for a source that is free-running.
    - ``exposure_time``: seconds. It is added to the time that a frame may take. Asked from other threads at any time:
      it must not wait for the camera. Not needed beside a setting of that name.
    - ``pixel_size``: height and width of a pixel, metres, for files that keep it.
    - ``settings``: what can be looked at and changed, a mapping of names to `framestore.Setting`. Devices make each a
      signal. It may be a property that looks them up in the camera: which there are is found out when a device is made,
      their limits and choices anew after each start and each change, always on the thread that has the source then.

    Frames are to be numbered one by one: a gap between the ids of two frames says that frames were lost, unless the
    source exposes them unasked and nobody wanted them. Ids may start again at 0 or 1 after 16 or 32 bits.

    A source that can be triggered from elsewhere, as by a pulse generator, has a setting ``trigger_mode`` with choices
    out of `framestore.setting.TRIGGER_MODES`: ``"internal"``; ``"external_edge"``, where each rising edge begins an
    exposure of ``exposure_time``; ``"external_level"``, where an exposure lasts from a rising edge to the falling one.
    While it is external:

    - The camera exposes at each trigger, asked or not, and keeps the frames until they are asked for. It is asked all
      the time, with a ``timeout`` of some hundredths of a second. TimeoutError says that no frame is complete yet: that
      is no failure, and breaks off no exposure.
    - Frames that nobody wants are skipped, as those of a free-running source. One is wanted when its exposure began
      after it was ordered; without ``hardware_time``, when it arrived no sooner than such a one could have.
    - Ids are to count the triggers, so that one that comes too soon for the camera is a gap: a frame that was lost.
    - What was exposed before ``trigger_mode`` was set is not given any more after that.
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
        """Wait for a frame that is exposed after this call, for at most ``timeout`` seconds.

        A source that exposes unasked, free-running or triggered from elsewhere, returns the oldest frame that it has,
        or waits for the next.

        Raises
        ------
        TimeoutError
            When no frame came.
        IncompleteFrameError
            When a frame came of which a part is missing.
        Exception
            Any other means that the source is broken. All fail the point's Status, but for an incomplete frame that
            is only to be counted.
        """
        ...

    def stop(self) -> None:
        """Let go of what ``start`` took; called when the camera is unstaged, also after a failure."""
        ...


class FrameSaver(Protocol):
    """A camera that saves its own files, one a frame. One thread calls all its methods."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every frame, known once ``start`` has returned."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of every frame, known once ``start`` has returned."""
        ...

    def start(self) -> None:
        """Get ready to save frames; called when the camera is staged."""
        ...

    def save_frame(self, path: Path) -> Sequence[int]:
        """Expose a frame, and save it.

        Parameters
        ----------
        path
            Where: the folder is there, the file is not, and its suffix is that of the format. The file is moved to
            its place once it was checked.

        Returns
        -------
        Sequence[int]
            Shape of the frame.

        Raises
        ------
        Exception
            Any fails the point's Status.
        """
        ...

    def stop(self) -> None:
        """Let go of what ``start`` took; called when the camera is unstaged, also after a failure."""
        ...
