"""What a writer that was killed left behind: found, and cleared away."""

from os import PathLike
from pathlib import Path

from .recovery import Recovery
from .remains import remains


def recover(path: str | PathLike[str], *, dry_run: bool = False) -> Recovery:
    """Look for what a killed writer left in a file, a store, or a series of files, and clear it away.

    No whole frame is changed or removed, and no frame needs this to be read by `load`: it is for tools that know
    nothing of unfinished files, and for tidiness.

    Parameters
    ----------
    path
        An HDF5 file, a TIFF stack, the folder of a Zarr store; a file of a series, or the folder of one.
    dry_run
        Only look.

    Returns
    -------
    Recovery
        How many frames can be read, and what was found.

    Raises
    ------
    FileNotFoundError
        When there is nothing at ``path``.
    ValueError
        When it is nothing that framestore writes, or a folder in which there is more than one thing.
    BlockingIOError
        When a camera still writes it, where that can be told.
    """
    found = remains(Path(path))
    if len(found) > 1:
        kinds = ", ".join(f"{item.path.name} ({item.format})" for item in found[:3])
        msg = f"{path} holds {len(found)} things that can be recovered, such as {kinds}; name one of them"
        raise ValueError(msg)
    return found[0].recover(dry_run=dry_run)
