"""Notes what a source gave, for comparison with what is found in a file."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.frame import Frame, FrameSource


def digest(array: NDArray[Any]) -> bytes:
    """What tells an array from all others, in a few bytes."""
    return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).digest()


class Witness:
    """A source in whose place it stands; each frame is noted when it is given.

    Parameters
    ----------
    source
        The source, all attributes of which this one has, too.
    """

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self.given: set[tuple[int, float, bytes]] = set()
        """Id, timestamp and digest of each frame."""

    def next_frame(self, timeout: float) -> Frame:
        """The source's next frame."""
        frame = self._source.next_frame(timeout)
        self.given.add((int(frame.frame_id), float(frame.timestamp), digest(frame.array)))
        return frame

    def __getattr__(self, name: str) -> Any:
        """What else the source has."""
        return getattr(self._source, name)

    def __repr__(self) -> str:
        """The source's own."""
        return repr(self._source)


class SaverWitness:
    """A camera that saves its own files, in whose place it stands; each file is noted when it was saved.

    Parameters
    ----------
    saver
        The camera, all attributes of which this one has, too.
    """

    def __init__(self, saver: Any) -> None:
        self._saver = saver
        self.saved: list[bytes] = []
        """Content of each file."""

    def save_frame(self, path: Path) -> Any:
        """Have the camera save a file."""
        shape = self._saver.save_frame(path)
        self.saved.append(path.read_bytes())
        return shape

    def __getattr__(self, name: str) -> Any:
        """What else the camera has."""
        return getattr(self._saver, name)

    def __repr__(self) -> str:
        """The camera's own."""
        return repr(self._saver)
