"""The one folder that is written into."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

_ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that would end the process without tidying up: it is killed, its terminal is closed."""


@contextmanager
def scratch_folder(place: Path) -> Generator[Path]:
    """A folder within ``place`` that is gone afterwards, also when the process is asked to end.

    Raises
    ------
    OSError
        When it cannot be made or removed.
    """
    with _endings_as_exceptions(), TemporaryDirectory(prefix=".framestore-doctor-", dir=place) as name:
        yield Path(name)


@contextmanager
def _endings_as_exceptions() -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and gets the signals
        return
    before = {number: signal.signal(number, _end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)
