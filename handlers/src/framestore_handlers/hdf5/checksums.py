"""The checksums of frames that an HDF5 file holds."""

from pathlib import Path

import h5py

from framestore_handlers.checksum import LOST, UNKNOWN, as_text
from framestore_handlers.place import MissingFileError, UntrustedPathError

from .layout import LAYOUT
from .opening import check_whole
from .times import Find

_MOST = 20
"""Characters of the algorithm's name that are looked at."""


def checksums_of(find: Find, path: Path, start: int, count: int) -> list[str | None]:
    """Those of ``count`` frames from number ``start`` on, as text; None where the file has none, `LOST` of some only.

    Raises
    ------
    MissingFileError, UntrustedPathError
        When a link to them leads to a file that is gone, or may not be opened.
    OSError
        When they are cut off.
    """
    texts: list[str | None] = [None] * count
    try:
        dataset = find(LAYOUT.checksum)
    except (MissingFileError, UntrustedPathError):
        raise
    except OSError:
        return texts
    if dataset.ndim != 1 or dataset.dtype.kind != "u" or dataset.is_virtual:
        return texts
    texts = [LOST] * count  # a writer puts them there before it shows the frames
    stop = min(start + count, dataset.shape[0])
    if stop <= start:
        return texts
    if dataset.file.swmr_mode:
        check_whole(dataset, path, start, stop)
    algorithm = _algorithm(dataset)
    texts[: stop - start] = [
        LOST if value == UNKNOWN else as_text(value, algorithm) for value in dataset[start:stop].tolist()
    ]
    return texts


def _algorithm(dataset: h5py.Dataset) -> str:
    """What made them, by its name."""
    name = dataset.attrs.get(LAYOUT.algorithm)
    return name[:_MOST] if isinstance(name, str) else "unknown"
