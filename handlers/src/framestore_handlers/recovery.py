"""What a writer that was killed left behind, found and cleared away."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """What was found in a file, or a series of files."""

    path: Path
    """Which."""
    frames: int
    """Whole frames that can be read."""
    found: tuple[str, ...] = ()
    """What was not in order, a sentence each; empty: nothing."""
    mended: bool = False
    """Whether all of that was cleared away."""
