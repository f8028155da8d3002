"""Numbers, times and names as people read them."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

_ARGUMENTS = (
    (r"load\(\.\.\., root_map=\{'([^']*)': <folder on this machine>\}\)", r"--root-map \1=<folder on this machine>"),
    (r"\bscale=\(low, high\)", "--scale LOW HIGH"),
    (r"\b([a-z]+)=True\b", r"--\1"),
    (r"\b([a-z]+)='(\w+)'", r"--\1 \2"),
    (r"\buid=(?=,)", "--uid"),
)
_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def printable(text: str) -> str:
    """Text of which nothing moves the cursor: what documents say is printed.

    >>> printable("a" + chr(27) + "[2J")
    'a\\\\x1b[2J'
    """
    encoded = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in encoded)


def as_options(text: str) -> str:
    """What a message says of arguments as Python has them, as options of a command.

    >>> as_options("say subtraction='widen', clip=True, scale=(low, high) or name one with uid=, out of: a")
    'say --subtraction widen, --clip, --scale LOW HIGH or name one with --uid, out of: a'
    """
    for pattern, option in _ARGUMENTS:
        text = re.sub(pattern, option, text)
    return text


def size(count: int) -> str:
    """A number of bytes, in the unit that people say.

    >>> size(140), size(2**21)
    ('140 B', '2.0 MiB')
    """
    unit, name = next((each for each in _UNITS if count >= each[0]), (1, "B"))
    return f"{count} B" if unit == 1 else f"{count / unit:.1f} {name}"


def counted(count: int, noun: str) -> str:
    """How many there are.

    >>> counted(1, "frame"), counted(2, "frame")
    ('1 frame', '2 frames')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def moment(seconds: float | None) -> str:
    """POSIX seconds as local time; empty where there are none."""
    if seconds is None:
        return ""
    try:
        return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s"


def some(paths: Sequence[Path | str], most: int = 5) -> str:
    """Names of files, at most so many."""
    rest = f" and {len(paths) - most} others" if len(paths) > most else ""
    return ", ".join(map(str, paths[:most])) + rest
