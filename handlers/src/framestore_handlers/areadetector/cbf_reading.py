"""A frame out of a CBF file.

https://www.iucr.org/__data/iucr/cif/software/cbflib/CBFlib_0.9.1/doc/CBFlib.html: text, then the lines of a MIME
header, four bytes, and the pixels, each as its difference to the one before, in as few bytes as that takes ("byte
offset").
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.held import Check, unchecked

_SECTION = b"--CIF-BINARY-FORMAT-SECTION--"
_BEGIN = b"\x0c\x1a\x04\xd5"
"""What stands between the MIME header and the pixels."""
_LINE = re.compile(rb'^\s*([A-Za-z0-9-]+)\s*[:=]\s*"?([^"\r\n;]*)"?;?\s*$', re.MULTILINE)
_ENCODING = "x-CBF_BYTE_OFFSET"
_TYPES = {
    f"{sign} {bits}-bit integer": np.dtype(f"{code}{bits // 8}")
    for sign, code in (("signed", "i"), ("unsigned", "u"))
    for bits in (8, 16, 32, 64)
}
_PADDING = 16
"""Zeros behind the pixels' bytes: more than a difference takes."""


def read_frame(path: Path, check: Check = unchecked) -> NDArray[Any]:
    """The frame of a file, (height, width), of the integers that the file says.

    Parameters
    ----------
    path
        The file.
    check
        Sees shape and dtype before pixels are decoded, to refuse them.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off or damaged, is not CBF, or is stored in another way; it names the file.
    ModuleNotFoundError
        When fabio is not installed; it names the command that installs it.
    """
    content = path.read_bytes()
    head, data = _parts(content, path)
    shape, dtype, size = _described(head, path)
    check((shape, dtype))
    if len(data) < size:
        msg = f"{path} is cut off: it has {len(data)} of {size} bytes of pixels; copy it from where it was written"
        raise OSError(msg)
    data = data[:size]
    digest = head.get("content-md5")
    if digest and base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode() != digest:
        msg = f"{path} is damaged: its pixels differ from their checksum; copy it from where it was written"
        raise OSError(msg)
    return _decoded(data, shape, dtype, path)


def _parts(content: bytes, path: Path) -> tuple[dict[str, str], bytes]:
    """The MIME header, names in small letters; and all that comes behind it."""
    section = content.find(_SECTION)
    begin = content.find(_BEGIN, section)
    if section < 0 or begin < 0:
        msg = f"{path} is not CBF, or cut off at its beginning"
        raise OSError(msg)
    lines = _LINE.finditer(content, section, begin)
    head = {line[1].decode().lower(): line[2].decode(errors="replace").strip() for line in lines}
    return head, content[begin + len(_BEGIN) :]


def _described(head: dict[str, str], path: Path) -> tuple[tuple[int, int], np.dtype[Any], int]:
    """Shape, dtype, and bytes of the pixels in the file."""
    try:
        encoding, dtype = head["conversions"], _TYPES[head.get("x-binary-element-type", "signed 32-bit integer")]
        shape = int(head["x-binary-size-second-dimension"]), int(head["x-binary-size-fastest-dimension"])
        size, pixels = int(head["x-binary-size"]), int(head.get("x-binary-number-of-elements", shape[0] * shape[1]))
    except (KeyError, ValueError) as error:
        msg = f"{path} does not say how its pixels are stored: {type(error).__name__}: {error}"
        raise OSError(msg) from error
    if encoding.lower() != _ENCODING.lower():
        msg = f"{path} is compressed by {encoding!r}, expected {_ENCODING!r}"
        raise OSError(msg)
    if min(shape) < 1 or shape[0] * shape[1] != pixels or pixels > size:  # a pixel takes a byte or more
        msg = f"{path} is damaged: it says that {shape} are {pixels} pixels in {size} bytes"
        raise OSError(msg)
    return shape, dtype, size


def _decoded(data: bytes, shape: tuple[int, int], dtype: np.dtype[Any], path: Path) -> NDArray[Any]:
    try:
        from fabio.compression import decByteOffset  # noqa: PLC0415 - optional, and the only format that needs it
    except ModuleNotFoundError as error:
        msg = f"{path} is CBF, which needs fabio: pip install 'framestore-handlers[cbf]'"
        raise ModuleNotFoundError(msg, name="fabio") from error
    pixels = shape[0] * shape[1]
    kind = "int32" if dtype == np.int32 else "int64"
    # fabio gives fewer pixels when bytes are lacking, but reads on behind a difference that is cut: into the padding
    found: Any = np.asarray(decByteOffset(data + bytes(_PADDING), size=pixels + _PADDING, dtype=kind))
    if len(found) < pixels + _PADDING:
        msg = f"{path} is damaged: its pixels' bytes are those of fewer than {pixels} pixels"
        raise OSError(msg)
    frame, limit = found[:pixels].reshape(shape), 2 ** (8 * dtype.itemsize)
    if frame.min() < -limit // 2 or frame.max() >= limit:
        msg = f"{path} is damaged: it has pixels from {frame.min()} to {frame.max()}, which {dtype} cannot be"
        raise OSError(msg)
    return frame.astype(dtype, copy=False)  # modulo 2**bits: writers take large unsigned numbers for negative ones
