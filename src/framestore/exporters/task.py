"""A piece of an export: some files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

Tell = Callable[[int], None]
"""Is told how many frames more are done."""


class Task(Protocol):
    """Files that are made together; a value that pickles where it may be done by other processes."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Their final names, in the order of their frames."""
        ...

    @property
    def frames(self) -> int:
        """Frames in them."""
        ...

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write the files, whole, under other names; each is new, and in the folder of its final name.

        They are brought to the disk, and get their names, by who has called.
        """
        ...
