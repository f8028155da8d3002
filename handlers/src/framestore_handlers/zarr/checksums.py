"""The checksums of frames that a Zarr store holds."""

from framestore_handlers.checksum import LOST, UNKNOWN, as_text
from framestore_handlers.place import Place

from .layout import LAYOUT
from .numbers import Numbers

_MOST = 20
"""Characters of the algorithm's name that are looked at."""


def checksums_of(place: Place, start: int, count: int, frames: int) -> list[str | None]:
    """Those of ``count`` frames from number ``start`` on, as text; None where the store has none, `LOST` of some only.

    Parameters
    ----------
    place
        The store, or the image's array in it, beside which they stand.
    start, count
        Which.
    frames
        Frames in an event, as the image's array has them.

    Raises
    ------
    UntrustedPathError
        When they are outside of what may be opened.
    OSError
        When they cannot be read: a file of them is gone or cut off, or they are not whole numbers, one a frame.
    """
    texts: list[str | None] = [None] * count
    numbers = Numbers.opened(place, LAYOUT.checksum, frames, "u")
    if numbers is None:
        return texts
    name = numbers.array.attrs.get(LAYOUT.algorithm)
    algorithm = name[:_MOST] if isinstance(name, str) else "unknown"
    for row, value in enumerate(numbers.read(start, count).tolist()):
        texts[row] = LOST if value == UNKNOWN else as_text(value, algorithm)
    return texts
