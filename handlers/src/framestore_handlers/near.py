"""Frames of one file that lie near each other, read at once: opening a file costs as much as a megabyte of it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .segments import Piece

_GAP_BYTES = 2**20
"""Frames between others that nobody wants are read along up to this many bytes."""
_MOST_BYTES = 32 * 2**20
"""Bytes that are read at once at most, where there are gaps: they are copied from there."""
_MOST_TIMES = 4
"""And so many times as much as is wanted."""


def near(pieces: Iterable[Piece], frame_bytes: int) -> Iterator[list[Piece]]:
    """The pieces, those of one file together that are near each other, in their order."""
    together: list[Piece] = []
    wanted = 0
    for piece in pieces:
        frames = piece.stop - piece.start
        if together and not _belongs(piece, together, wanted, frame_bytes):
            yield together
            together, wanted = [], 0
        together.append(piece)
        wanted += frames
    if together:
        yield together


def read_pieces(pieces: Sequence[Piece], out: NDArray[Any]) -> None:
    """Fill the parts of ``out``, (frames, \\*frame shape), that belong to these pieces of one file.

    Where what lies between them cannot be read, each is read by itself: nobody has asked for that.
    """
    if len(pieces) > 1 and _is_one_file(pieces) and _read_at_once(pieces, out):
        return
    for piece in pieces:
        piece.file.read_into(out[piece.start : piece.stop], piece.first)


def _belongs(piece: Piece, together: Sequence[Piece], wanted: int, frame_bytes: int) -> bool:
    last = together[-1]
    gap = piece.first - _end(last)
    span = _end(piece) - together[0].first
    return (
        piece.file is last.file
        and 0 <= gap * frame_bytes <= _GAP_BYTES
        and span * frame_bytes <= _MOST_BYTES
        and span <= _MOST_TIMES * (wanted + piece.stop - piece.start)
    )


def _end(piece: Piece) -> int:
    return piece.first + piece.stop - piece.start


def _is_one_file(pieces: Sequence[Piece]) -> bool:
    """Whether opening one file is what is saved; of a series, those between may well not be there."""
    return len(pieces[0].file.files(pieces[0].first, _end(pieces[-1]))) == 1


def _read_at_once(pieces: Sequence[Piece], out: NDArray[Any]) -> bool:
    first = pieces[0].first
    span = np.empty((_end(pieces[-1]) - first, *out.shape[1:]), out.dtype)
    try:
        pieces[0].file.read_into(span, first)
    except OSError:
        return False
    for piece in pieces:
        out[piece.start : piece.stop] = span[piece.first - first : _end(piece) - first]
    return True
