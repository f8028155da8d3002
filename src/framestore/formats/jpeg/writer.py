"""A frame as the content of a JPEG file."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.formats.threads import usable_cpus
from framestore.frame import FrameInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class JPEGEncoder:
    """Makes JPEG of frames, (height, width) or (height, width, 3) uint8, by Pillow."""

    quality: int
    """From 1 to 100."""
    subsampling: str
    """How coarse colour is stored."""
    scratch_bytes: int = 0
    """Pillow brings its own memory."""

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> bytes:
        """Encode a frame; its id and timestamp stand in the comment: ``frame_id=7 timestamp=1700000000.25``."""
        from PIL import Image  # noqa: PLC0415 - a camera that writes another format does not need it

        del scratch
        file = BytesIO()
        comment = f"frame_id={info.frame_id} timestamp={float(info.timestamp)!r}"
        Image.fromarray(array).save(file, "JPEG", quality=self.quality, subsampling=self.subsampling, comment=comment)
        return file.getvalue()
