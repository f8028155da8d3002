"""What files of images tell of their frame in words, beside the pixels; writers and readers have it from here."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan
from typing import Any

from .checksum import as_text

FRAME_ID, TIMESTAMP, EXPOSURE_TIME = "frame_id", "timestamp", "exposure_time"
"""Number that the camera gave the frame; start of its exposure, POSIX seconds; how long that lasted, seconds."""
CHECKSUM = "checksum"
"""That of the frame, where one was asked for; see `framestore_handlers.checksum`."""
_MOST = 80
"""Characters of a checksum that are looked at, whoever wrote it."""


def told(frame_id: object, timestamp: float, exposure_time: float, checksum: int | None = None) -> dict[str, str]:
    """The words by what they tell; no exposure time where it is 0, which stands for one that is not known.

    Examples
    --------
    >>> told(7, 1700000000.25, 0.01)
    {'frame_id': '7', 'timestamp': '1700000000.25', 'exposure_time': '0.01'}
    """
    words = {FRAME_ID: str(frame_id), TIMESTAMP: repr(float(timestamp))}
    if exposure_time:
        words[EXPOSURE_TIME] = repr(float(exposure_time))
    if checksum is not None:
        words[CHECKSUM] = as_text(checksum)
    return words


def assigned(words: Mapping[str, str]) -> list[str]:
    """The same, one ``name=value`` each, for formats that hold one text."""
    return [f"{name}={value}" for name, value in words.items()]


def time_of(words: Mapping[str, str]) -> float:
    """The timestamp; NaN where there is none, as in files of others."""
    try:
        timestamp = float(words[TIMESTAMP])
    except (KeyError, ValueError):
        return nan
    return timestamp if isfinite(timestamp) else nan


def checksum_in(words: Mapping[str, Any]) -> str | None:
    """The checksum; None where there is none, as in files of others."""
    text = words.get(CHECKSUM)
    return text[:_MOST] if isinstance(text, str) else None


def words_of(parts: Iterable[str]) -> dict[str, str]:
    """The words out of parts as `assigned` makes them; of a name that comes again, the first.

    Examples
    --------
    >>> words_of(["frame_id=7", "timestamp=1700000000.25", "else"])
    {'frame_id': '7', 'timestamp': '1700000000.25'}
    """
    words: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if equals:
            words.setdefault(name, value)
    return words
