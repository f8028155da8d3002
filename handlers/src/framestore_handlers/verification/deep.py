"""Frames looked at by reading all of their pixels, and their times, block by block."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.checksum import LOST
from framestore_handlers.claims import allocated
from framestore_handlers.fault import Fault, Kind, fault_of
from framestore_handlers.frame_file import FrameFile, SummedFrames, TimedFrames
from framestore_handlers.held import FrameType
from framestore_handlers.missing import Placed

from .count import Count

_BLOCK_BYTES = 2**25
"""Bytes of pixels that are read at once; a frame may have more."""


def read_through(file: FrameFile, wanted: Sequence[range], frame: FrameType, count: Count) -> Iterator[Fault]:
    """Read all of some frames, and compare their checksums where the file has some.

    Parameters
    ----------
    file
        Where they are.
    wanted
        Their numbers.
    frame
        Shape and dtype of each.
    count
        Is told how far it is.
    """
    shape, dtype = frame
    path = file.place.path if isinstance(file, Placed) else None
    most = max(_BLOCK_BYTES // max(prod(shape) * dtype.itemsize, 1), 1)
    try:
        room = allocated((min(most, max(map(len, wanted), default=1)), *shape), dtype, str(path or file))
    except OSError as error:
        yield from (fault_of(error, part, path) for part in wanted)
        return
    for part in wanted:
        for start in range(part.start, part.stop, most):
            block = range(start, min(start + most, part.stop))
            yield from _of_block(file, block, room, path, count)
            count.looked(len(block), 0)


def _of_block(file: FrameFile, block: range, room: NDArray[Any], path: Path | None, count: Count) -> Iterator[Fault]:
    """What is wrong with the frames of a block, found by halving where it cannot be read at once."""
    left = [block]
    while left:
        part = left.pop()
        out = room[: len(part)]
        try:
            file.read_into(out, part.start)
        except ImportError as error:  # what is not installed lacks for all of them
            yield fault_of(error, part, path)
            continue
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
            if len(part) > 1:
                half = len(part) // 2
                left += [part[half:], part[:half]]
            else:
                yield fault_of(error, part, _file_of(file, part, path))
            continue
        if isinstance(file, TimedFrames):
            yield from _timed(file, part, path)
        if isinstance(file, SummedFrames):
            yield from _summed(file, part, out, path, count)


def _timed(file: TimedFrames, part: range, path: Path | None) -> Iterator[Fault]:
    """Frames whose times cannot be read, though their pixels can; those of which a file does not say are in order."""
    try:
        file.times_into(np.empty(len(part)), part.start)
    except Exception as error:  # noqa: BLE001 - as above
        yield fault_of(error, part, _file_of(file, part, path))


def _summed(file: SummedFrames, part: range, out: NDArray[Any], path: Path | None, count: Count) -> Iterator[Fault]:
    """Frames whose checksum is another than the file says."""
    try:
        sums = file.checksums(out, part.start)
    except Exception as error:  # noqa: BLE001 - as above
        yield fault_of(error, part, _file_of(file, part, path))
        return
    count.checksums += sum(None not in pair for pair in sums)
    for number, (said, found) in zip(part, sums, strict=True):
        if said == found:
            continue
        frames = range(number, number + 1)
        where = _file_of(file, frames, path)
        kind: Kind = "unchecked" if found is None else "checksum"
        what = f"{where}: {_said(number, said, found)}"
        yield Fault(kind=kind, start=number, stop=number + 1, path=where, what=what)


def _said(number: int, said: str | None, found: str | None) -> str:
    if said == LOST:
        return f"the checksum of frame {number} is not there, though the file has checksums; it was not compared"
    if found is None:
        return f"the checksum of frame {number}, {said}, is of a kind that is not known here; it was not compared"
    return (
        f"frame {number} is not as it was written: its checksum is {found}, the file says {said}; "
        "copy it from where it was written"
    )


def _file_of(file: FrameFile, frames: range, path: Path | None) -> Path | None:
    """The file that holds some frames, as far as it can say."""
    try:
        return next(iter(file.files(frames.start, frames.start + 1)), path)
    except Exception:  # noqa: BLE001 - for messages only
        return path
