"""A frame as the content of a JPEG file."""

import threading
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from framestore_handlers.checksum import checksum_of
from framestore_handlers.jpeg.comment import with_comment
from framestore_handlers.threads import usable_cpus
from framestore_handlers.told import assigned, told
from numpy.typing import NDArray

from framestore.frame import FrameInfo

from .memory import file_in_memory

_END = b"\xff\xd9"
"""Marker behind an image (EOI)."""


class _Files(threading.local):
    """A file of each thread: its memory is used again and again, fresh memory would cost a twentieth of the time."""

    def __init__(self) -> None:
        self.file = file_in_memory()


@dataclass(frozen=True, kw_only=True, slots=True)
class JPEGEncoder:
    """Makes JPEG of frames, (height, width) or (height, width, 3) uint8, by Pillow."""

    quality: int
    """From 1 to 100."""
    subsampling: str
    """How coarse colour is stored."""
    checksum: bool = False
    """Whether the comment tells the checksum of all else that stands in the file."""
    scratch_bytes: int = 0
    """Nobody knows before how large a frame becomes."""
    _files: _Files = field(default_factory=_Files, init=False, repr=False, compare=False)

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> bytes | list[Any]:
        """Encode a frame; what else is known of it stands in the comment.

        Raises
        ------
        OSError
            When there is no memory for all of it.
        """
        del scratch
        file = self._files.file
        file.seek(0)
        self._save(array, "" if self.checksum else _comment(info), file)
        size = file.tell()
        file.seek(0)
        content = file.read(size)
        if not content.endswith(_END):  # Pillow does not look how much of its last piece was written
            msg = f"frame {info.frame_id} could not be encoded: there was no room for all of it in memory"
            raise OSError(msg)
        return with_comment(content, _comment(info, checksum_of(content))) if self.checksum else content

    def _save(self, array: NDArray[Any], comment: str, file: IO[bytes]) -> None:
        from PIL import Image  # noqa: PLC0415 - a camera that writes another format does not need it

        image = Image.fromarray(array)
        image.save(file, "JPEG", quality=self.quality, subsampling=self.subsampling, comment=comment)


def _comment(info: FrameInfo, checksum: int | None = None) -> str:
    return " ".join(assigned(told(info.frame_id, info.timestamp, info.exposure_time, checksum)))
