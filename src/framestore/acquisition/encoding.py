"""The threads that make the contents of frames, between the reader and the writer."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.formats import Encoder
from framestore.frame import FrameInfo

_NOTHING = np.empty(0, np.uint8)


class Encoding:
    """A few threads, none where frames are written as they are. Their number is that of the frames that wait.

    Parameters
    ----------
    encoder
        Makes the contents; None: they are the frames.
    camera
        Name of the camera, for the threads.
    """

    def __init__(self, encoder: Encoder | None, camera: str) -> None:
        self._encoder = encoder
        self._threads = ThreadPoolExecutor(encoder.threads, f"{camera} encoder") if encoder else None

    @property
    def threads(self) -> int:
        """How many there are at most."""
        return self._encoder.threads if self._encoder else 0

    @property
    def scratch_bytes(self) -> int:
        """Bytes of the scratch that each frame needs on its way."""
        return self._encoder.scratch_bytes if self._encoder else 0

    def begin(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8] | None) -> "Future[Any] | None":
        """Have the content of a frame made; None where it is the frame itself."""
        if self._encoder is None or self._threads is None:
            return None
        return self._threads.submit(self._encoder.encode, array, info, _NOTHING if scratch is None else scratch)

    def stop(self) -> None:
        """End the threads; what nobody waits for any more is not begun."""
        if self._threads:
            self._threads.shutdown(cancel_futures=True)


def settle(content: "Future[Any] | None") -> None:
    """Return when nobody looks at the frame, or writes into its scratch, any more."""
    if content is not None and not content.cancel():
        wait([content])
