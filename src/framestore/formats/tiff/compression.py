"""Pixels of a page, compressed."""

import math
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from framestore_handlers.threads import usable_cpus
from framestore_handlers.tiff.layout import Compression
from numpy.typing import NDArray

from framestore.frame import FrameInfo

_LEVELS = {"deflate": 9, "zstd": 22, "lzw": 0}
"""Highest level, by compression; 0: it has none."""


def check_compression(compression: str | None, level: int | None) -> None:
    """Check two settings.

    Raises
    ------
    ValueError
        When there is no such compression, or it has no such level.
    ModuleNotFoundError
        When the library that compresses is not installed; it names the command that mends it.
    """
    if compression is not None and compression not in _LEVELS:
        msg = f"compression must be None or one of {', '.join(map(repr, _LEVELS))}, not {compression!r}"
        raise ValueError(msg)
    highest = _LEVELS[compression] if compression else 0
    if level is not None:
        if not highest:
            msg = f"compression {compression!r} has no level; leave it out, not {level!r}"
            raise ValueError(msg)
        whole = isinstance(level, int) and not isinstance(level, bool)  # pyright: ignore[reportUnnecessaryIsInstance]
        if not whole or not 1 <= level <= highest:
            msg = f"level of {compression!r} must be a whole number from 1 to {highest}, not {level!r}"
            raise ValueError(msg)
    if compression in ("zstd", "lzw") and not _has_imagecodecs():
        msg = f"compression {compression!r} of TIFF needs imagecodecs: pip install 'framestore[compression]'"
        raise ModuleNotFoundError(msg, name="imagecodecs")


def code(compression: str | None) -> Compression:
    """Number of a compression in the file."""
    return Compression[compression.upper()] if compression else Compression.NONE


def least_bytes(compression: str | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes that a frame takes at least; 0 where nobody knows before."""
    return 0 if compression else math.prod(shape) * dtype.itemsize


def encoder(
    compression: str | None, level: int | None, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> "TIFFEncoder | None":
    """What compresses frames; None where they are written as they are."""
    if compression is None:
        return None
    scratch = _most_bytes(math.prod(shape) * dtype.itemsize) if _has_imagecodecs() else 0
    return TIFFEncoder(compression=compression, level=level or 1, scratch_bytes=scratch)


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFFEncoder:
    """Compresses the pixels of frames, as one strip each.

    imagecodecs writes into the scratch. Deflate works without it, two to three times slower; the bytes in the file
    differ then, not the pixels.
    """

    compression: str
    """``"deflate"``, ``"zstd"`` or ``"lzw"``."""
    level: int
    """How hard it tries."""
    scratch_bytes: int
    """What a frame may become at most; 0 without imagecodecs."""

    @property
    def threads(self) -> int:
        """As many as may run."""
        return usable_cpus()

    def encode(self, array: NDArray[Any], info: FrameInfo, scratch: NDArray[np.uint8]) -> Any:
        """Compress a frame."""
        del info
        pixels = array.reshape(-1).view(np.uint8)
        if not self.scratch_bytes:
            return zlib.compress(pixels.data, self.level)
        import imagecodecs  # noqa: PLC0415 - optional, and slow to import

        codecs: Any = imagecodecs  # its types know of no arrays
        if self.compression == "lzw":
            return codecs.lzw_encode(pixels, out=scratch)
        encode = codecs.zstd_encode if self.compression == "zstd" else codecs.deflate_encode
        return encode(pixels, level=self.level, out=scratch)


def _most_bytes(nbytes: int) -> int:
    """More than any of the three makes of noise: LZW, the worst, writes 12 bits a byte, and a little more."""
    return nbytes + nbytes // 2 + nbytes // 16 + 1024


def _has_imagecodecs() -> bool:
    return find_spec("imagecodecs") is not None
