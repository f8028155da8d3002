"""How far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[int, int], None]
"""Is told how many frames were looked at, of how many."""


@dataclass(kw_only=True, slots=True)
class Count:
    """What was looked at of a field."""

    tell: Callable[[int], None]
    """Is told how many frames more were looked at."""
    files: int = 0
    """Files so far."""
    checksums: int = 0
    """Checksums that were compared so far."""
    tells: bool = field(default=True)
    """Whether frames that are looked at count now; where they are read, too, they count then."""

    def looked(self, frames: int, files: int) -> None:
        """Take note of so many more."""
        self.files += files
        if self.tells and frames:
            self.tell(frames)
