"""What a check has found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]
"""ok: nothing to do; note: good to know, frames are written all the same; problem: something to do."""


NO_BREAK = "\N{NO-BREAK SPACE}"
"""Space between what belongs together."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Level
    """How bad it is."""
    what: str
    """What was found, with the names and values; no line ends at a `NO_BREAK`."""
    advice: str = ""
    """What to do about it; commands have lines of their own."""


Check = Callable[..., list[Finding]]
"""Looks at one thing."""
