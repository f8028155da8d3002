"""Frames into TIFF files of their own."""

from pathlib import Path

from framestore.formats.checksum_settings import ChecksumSettings
from framestore.formats.format import Content, Contents
from framestore.formats.plain import as_buffers
from framestore.formats.series import SeriesWriter
from framestore.frame import FrameInfo

from .compression import code
from .page import PageWriter

_MOST = 2**32 - 2**16
"""Bytes of pixels that fit into a TIFF file beside its directory; larger frames go into a BigTIFF."""


class TIFFWriter(SeriesWriter):
    """A series of TIFF files: in each the pixels, then the directory. The pixels are written from where they are.

    Parameters
    ----------
    path
        The folder, and the template of the files' names.
    contents
        The kind of frame.
    settings
        What becomes of the files as files.
    compression
        How the frames that come are compressed.
    """

    def __init__(self, path: Path, contents: Contents, settings: ChecksumSettings, compression: str | None) -> None:
        super().__init__(path, settings)
        self._page_settings = settings
        self._small = PageWriter(contents, code(compression), big=False)
        self._large = PageWriter(contents, code(compression), big=True)

    def append(self, content: Content, info: FrameInfo) -> None:
        """Write a file that holds a frame."""
        pixels = as_buffers(content)
        nbytes = sum(part.nbytes for part in pixels)
        page = self._small if nbytes <= _MOST else self._large
        directory = page.directory(page.numbers.head, nbytes, self._page_settings.with_checksum(content, info))
        super().append([page.head(directory.offset), *pixels, directory.content], info)
