"""The checksum that a page of TIFF bears, and that of its pixels."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from framestore_handlers.checksum import Compared, compared, frame_checksum
from framestore_handlers.told import checksum_in

from .page import Page
from .times import first_page, page_words


def compare(path: Path, pixels: NDArray[Any]) -> Compared:
    """What a file says of the checksum of its frame, and what was found of the pixels; see `SummedFrames`.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off, or is not TIFF; it names the file.
    """
    with first_page(path) as page:
        return compare_page(page, pixels)


def compare_page(page: Page, pixels: NDArray[Any]) -> Compared:
    """The same of a page; CutOffError when its description is not in the file."""
    said = checksum_in(page_words(page))
    return compared(said, lambda: frame_checksum(pixels, page.head.order))
