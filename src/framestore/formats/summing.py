"""Contents of frames with their checksums, which come out of the threads of the encoders."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from framestore_handlers.checksum import frame_checksum
from numpy.typing import NDArray

from framestore.frame import FrameInfo

from .format import Content, Encoder


class Summed(list[Any]):
    """The parts of a content, and the checksum of the frame that they were made of.

    Parameters
    ----------
    parts
        What has the buffer interface.
    checksum
        Of the frame.
    """

    def __init__(self, parts: Iterable[Any], checksum: int) -> None:
        super().__init__(parts)
        self.checksum = checksum


@dataclass(frozen=True, kw_only=True, slots=True)
class SummingEncoder:
    """Makes what another encoder makes of a frame, and its checksum."""

    encoder: Encoder
    """The other one."""

    @property
    def scratch_bytes(self) -> int:
        """Bytes of the scratch that the other one wants."""
        return self.encoder.scratch_bytes

    @property
    def threads(self) -> int:
        """Those of the other one."""
        return self.encoder.threads

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> Summed:
        """Make the content of a frame, and its checksum."""
        checksum = frame_checksum(array)
        content: Content = self.encoder.encode(array, info, scratch)
        return Summed(content if isinstance(content, list | tuple) else [content], checksum)
