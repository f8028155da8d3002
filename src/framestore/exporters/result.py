"""What an export has made."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportResult:
    """The files of an export. It is true of an interrupted one that was completed, too."""

    files: tuple[Path, ...]
    """All of them, by their final names, in the order of the frames; with ``dry_run``, those that would be written."""
    written: int = 0
    """How many this call wrote."""
    kept: int = 0
    """How many an interrupted call before had finished, which were left as they are."""
    dry_run: bool = False
    """Whether nothing was written."""
