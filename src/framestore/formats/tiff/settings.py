"""Settings of the TIFF format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framestore_handlers.layout import SeriesLayout
from framestore_handlers.tiff.layout import LAYOUT
from framestore_handlers.tiff.reading import read_frame
from numpy.typing import NDArray

from framestore.formats.format import Contents

from .page_settings import PageSettings
from .writer import TIFFWriter


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFF(PageSettings):
    """One file a frame, which all programs for images open. Lossless.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that compresses, or that makes checksums, is not installed; it names the command that mends it.
    """

    @property
    def layout(self) -> SeriesLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def read_back(self, path: Path) -> NDArray[Any]:
        """The frame that a file holds."""
        return read_frame(path)

    def writer(self, path: Path, contents: Contents) -> TIFFWriter:
        """Begin a series of files; see `Format`."""
        return TIFFWriter(path, contents, self, self.compression)
