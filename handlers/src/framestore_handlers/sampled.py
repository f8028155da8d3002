"""Files that can only be looked at by reading them: whether they are there, and whether some frames can be read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .claims import allocated
from .fault import Fault, Looked, fault_of, merged
from .frame_file import CheckedFrames, FrameFile
from .held import FrameType
from .missing import Placed, absent_files

_UNCHECKED = (
    "only that its files are there, and that the first and the last of these frames can be read, was checked: of files "
    "like these nothing more is known without reading them; verify(..., deep=True) reads all"
)


def check_fast(file: FrameFile, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
    """What can be seen of some frames of any `FrameFile` in little time; see `CheckedFrames`."""
    if isinstance(file, CheckedFrames):
        return file.check(wanted, said, looked)
    return check_by_reading(file, wanted, said, looked)


def check_by_reading(
    file: FrameFile, wanted: Sequence[range], said: FrameType | None, looked: Looked
) -> Iterator[Fault]:
    """The same of frames that only reading tells of: whether their files are there, and some of them can be read."""
    for part in wanted:
        yield from merged(_of_part(file, part, said, looked))


def _of_part(file: FrameFile, part: range, said: FrameType | None, looked: Looked) -> Iterator[Fault]:
    try:
        paths = list(file.files(part.start, part.stop))
        missing = _missing(file, part, paths)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
        yield fault_of(error, part, _place(file))
        looked(len(part), 1)
        return
    yield from missing
    gone = {number for fault in missing for number in range(fault.start, fault.stop)}
    there = [number for number in (part.start, part[-1]) if number not in gone]
    for number in dict.fromkeys(there):
        yield from _of_frame(file, number, said, paths[0] if paths else None)
    if len(gone) < len(part):
        where = f"{paths[0]}: " if len(paths) == 1 else f"{paths[0]} and others: " if paths else ""
        yield Fault(kind="unchecked", start=part.start, stop=part.stop, path=None, what=where + _UNCHECKED)
    looked(len(part), len(paths))


def _missing(file: FrameFile, part: range, paths: Sequence[Path]) -> list[Fault]:
    """Files that are not there: one a frame, or others that some frames need."""
    absent = list(absent_files(paths, file))
    if not absent:
        return []
    if len(paths) == len(part):
        gone = set(absent)
        frames = [(range(number, number + 1), path) for number, path in zip(part, paths, strict=True) if path in gone]
    else:
        frames = [(part, absent[0])]
    return list(merged(_gone(file, numbers, path) for numbers, path in frames))


def _gone(file: FrameFile, frames: range, path: Path) -> Fault:
    error = file.place.missing(path) if isinstance(file, Placed) else FileNotFoundError(f"{path} is not there")
    return fault_of(error, frames, path)


def _of_frame(file: FrameFile, number: int, said: FrameType | None, path: Path | None) -> Iterator[Fault]:
    try:
        shape, dtype = said or file.frame_type()
        out: np.ndarray[Any, Any] = allocated((1, *shape), dtype, str(path))
        file.read_into(out, number)
    except Exception as error:  # noqa: BLE001 - as above
        yield fault_of(error, range(number, number + 1), path)


def _place(file: FrameFile) -> Path | None:
    return file.place.path if isinstance(file, Placed) else None
