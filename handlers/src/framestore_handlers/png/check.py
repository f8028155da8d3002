"""Whether a PNG file is whole, by its header and the lengths of its chunks: no pixel is decoded."""

import os
import zlib
from pathlib import Path

from framestore_handlers.held import CutOffFileError, FrameType

from .chunks import BEGIN, CHECKSUM, HEADER, SIGNATURE, Header, header_of
from .reading import check_kind, type_of

_HEAD = len(SIGNATURE) + BEGIN.size + HEADER.size + CHECKSUM.size
"""Bytes up to the end of the first chunk."""


def file_type(path: Path) -> FrameType:
    """Shape and dtype of the frame of a file, which has all its bytes.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    CutOffFileError
        When it is cut off.
    OSError
        When it is damaged, as far as that can be seen without reading all, or not PNG, or of a kind that is not read.
    """
    with path.open("rb", buffering=0) as file:
        number = file.fileno()
        header = _header(os.pread(number, _HEAD, 0), path)
        _check_chain(number, os.fstat(number).st_size, path)
    check_kind(header, path)
    return type_of(header)


def _header(head: bytes, path: Path) -> Header:
    if len(head) < _HEAD and SIGNATURE.startswith(head[: len(SIGNATURE)]):
        raise _cut_off(path, len(head), _HEAD)
    length, kind = BEGIN.unpack_from(head, len(SIGNATURE)) if head.startswith(SIGNATURE) else (0, b"")
    first = len(SIGNATURE) + BEGIN.size
    if (length, kind) != (HEADER.size, b"IHDR"):
        msg = f"{path} is not PNG, or damaged: it has no header; copy it from where it was written"
        raise OSError(msg)
    (checksum,) = CHECKSUM.unpack_from(head, first + length)
    if zlib.crc32(head[first - len(kind) : first + length]) != checksum:
        msg = f"{path} is damaged: its header is not as it was written; copy it from where it was written"
        raise OSError(msg)
    return header_of(head)


def _check_chain(file: int, size: int, path: Path) -> None:
    """Go from chunk to chunk to the last, by their lengths."""
    end, kind = _HEAD, b""
    while kind != b"IEND":
        if end + BEGIN.size > size:
            raise _cut_off(path, size, end + BEGIN.size)
        length, kind = BEGIN.unpack(os.pread(file, BEGIN.size, end))
        if not kind.isalpha():
            msg = f"{path} is damaged: at byte {end}, where a chunk begins, stands none; copy it from its origin again"
            raise CutOffFileError(msg) if not any(kind) else OSError(msg)
        end += BEGIN.size + length + CHECKSUM.size
        if end > size:
            raise _cut_off(path, size, end)


def _cut_off(path: Path, size: int, least: int) -> CutOffFileError:
    msg = f"{path} is cut off: it has {size} of at least {least} bytes; copy it from where it was written"
    return CutOffFileError(msg)
