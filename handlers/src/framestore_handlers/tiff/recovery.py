"""What is left of a series of TIFF files whose writer was killed."""

from pathlib import Path

from framestore_handlers.recovery import Recovery
from framestore_handlers.series_recovery import recover_series

from .layout import LAYOUT
from .reading import read_frame


def recover(path: Path, *, dry_run: bool) -> Recovery:
    """Examine a series of TIFF files, and clear away what a killed writer left; see `recover_series`."""
    return recover_series(path, dry_run=dry_run, layout=LAYOUT, read_frame=read_frame)
