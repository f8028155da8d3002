"""Settings of the format of TIFF stacks."""

from dataclasses import dataclass
from pathlib import Path

from framestore_handlers.tiff_stack.layout import LAYOUT, TIFFStackLayout

from framestore.formats.format import Contents
from framestore.formats.tiff.page_settings import PageSettings

from .writer import TIFFStackWriter


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFFStack(PageSettings):
    """One file of many frames, a BigTIFF with a page each, readable while it grows. Lossless.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that compresses, or that makes checksums, is not installed; it names the command that mends it.
    """

    @property
    def layout(self) -> TIFFStackLayout:
        """What its writer and its reader agree on."""
        return LAYOUT

    def writer(self, path: Path, contents: Contents) -> TIFFStackWriter:
        """Create ``path`` exclusively; see `Format`."""
        return TIFFStackWriter(path, contents, self, self.compression)
