"""Who asks a camera, and what that tells."""

import asyncio
import threading
from typing import Literal


def by_bluesky() -> bool:
    """Whether a RunEngine calls: it does so in its event loop, which has a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return threading.current_thread() is not threading.main_thread()  # where a notebook has its loop


class Asking:
    """What bluesky asks of a camera, and in which order.

    When it reads a device in a stream for the first time, it asks for the reading, the data keys, the configuration and
    the asset documents, in this order; in a stream that it knows, for the reading and the asset documents. When a
    stream is declared, it asks for the data keys and the configuration only. (bluesky's bundlers.py, `ensure_cached`)
    """

    def __init__(self) -> None:
        self._read = False
        self._described: Literal["read", "declared"] | None = None

    def has_image(self, *, staged: bool) -> bool:
        """The reading is asked for: whether it has an image; not where bluesky reads a camera that is not staged."""
        self._read = by_bluesky()
        return staged or not self._read

    def describes_image(self, *, staged: bool) -> bool:
        """The data keys are asked for: whether the image is one; where they follow a reading, as there."""
        reading, self._read = self._read and by_bluesky(), False
        self._described = ("read" if reading else "declared") if by_bluesky() else None
        return staged or not reading

    def collected(self) -> None:
        """The documents were asked for: that was the end of a read."""
        self._read = False

    def begins_stream(self) -> Literal["read", "declared"] | None:
        """The configuration is asked for: whether that is for a stream that is new, and why."""
        described, self._described = self._described, None
        return described if by_bluesky() else None
