"""Who asks a camera, and what that tells."""

import asyncio
import contextlib
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Literal, TypeVar

from .aside import aside

T = TypeVar("T")

_for_bluesky: ContextVar[bool | None] = ContextVar("for_bluesky", default=None)
"""Who wanted what is done on another thread than the one that was asked."""


def by_bluesky() -> bool:
    """Whether a RunEngine calls: it does so in tasks of its own.

    What somebody awaits by hand is another task, also in the RunEngine's event loop: as IPython does it, where
    ophyd-async is used.
    """
    known = _for_bluesky.get()
    if known is not None:
        return known
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop
        return False
    frame = None if task is None else getattr(task.get_coro(), "cr_frame", None)
    return frame is not None and frame.f_globals["__name__"].partition(".")[0] == "bluesky"


@contextlib.contextmanager
def remembered() -> Generator[None]:
    """Tasks that are made within know who asked for them."""
    token = _for_bluesky.set(by_bluesky())
    try:
        yield
    finally:
        _for_bluesky.reset(token)


async def elsewhere(function: Callable[[], T]) -> T:
    """What may block is done on another thread, for whoever calls."""
    with remembered():
        return await aside(function, "framestore detector")


class Asking:
    """What bluesky asks of a camera, and in which order.

    When it reads a device in a stream for the first time, it asks for the reading, the data keys, what the
    configuration is, the configuration and the asset documents, in this order; in a stream that it knows, for the
    reading and the asset documents. When a stream is declared, it asks for the data keys, unless it knows those of a
    fly scan, and for the configuration. (bluesky's bundlers.py, `ensure_cached`)

    All that belongs to a read follows at once: what is asked later, by turns of the event loop, is another message. So
    a read outside of an event, which nothing follows, is not taken for the beginning of what comes next.
    """

    def __init__(self) -> None:
        self._read = False
        self._reading = False
        self._described_for_read = False
        self._configuration_described = False

    def has_image(self, *, staged: bool) -> bool:
        """The reading is asked for: whether it has an image; not where bluesky reads a camera that is not staged."""
        self._read = self._reading = by_bluesky()
        if self._read:
            asyncio.get_running_loop().call_soon(self._no_collect_followed)
        return staged or not self._read

    def describes_image(self, *, staged: bool) -> bool:
        """The data keys are asked for: whether the image is one; where they follow a reading, as there."""
        reading, self._read = self._read and by_bluesky(), False
        self._described_for_read = self._reading = reading
        return staged or not reading

    def describes_configuration(self) -> None:
        """It is asked what the configuration is: the configuration will be asked for, for a stream that is new."""
        self._configuration_described = by_bluesky()

    def collected(self) -> bool:
        """The documents are asked for: whether that is the end of a read, and not a collect."""
        reading, self._reading, self._read = self._reading, False, False
        return reading

    def begins_stream(self) -> Literal["read", "declared"] | None:
        """The configuration is asked for: whether that is for a stream that is new, and why."""
        new, self._configuration_described = self._configuration_described and by_bluesky(), False
        for_read, self._described_for_read = self._described_for_read, False
        return ("read" if for_read else "declared") if new else None

    def _no_collect_followed(self) -> None:
        """Of a stream that it knows, bluesky would have asked for the documents by now."""
        self._reading = False
        asyncio.get_running_loop().call_soon(self._nothing_followed)

    def _nothing_followed(self) -> None:
        """Of another stream, it would have asked for the data keys by now."""
        self._read = False
