"""Whether the files of the frames of a Zarr store are there, and as long as they must be. No pixel is read."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.claims import check_files
from framestore_handlers.fault import Fault, Looked, fault_of
from framestore_handlers.held import CutOffFileError, FrameType, check_count, check_type
from framestore_handlers.place import MissingFileError, Place

from .opening import checked_folder, chunk_files, open_array, open_chunk, pieces, plain_bytes, stored_dtype

_STEP = 64
"""Events after which it is told how far it is."""
_ENTRY = 16
"""Bytes of an entry of a shard's index: offset and length of a chunk."""
_CHECKSUM = 4
"""Bytes of the checksum behind the index."""
_NOTHING = 2**64 - 1
"""Offset and length of a chunk that was never written."""


def check_store(
    place: Place, each: int | None, wanted: Sequence[range], said: FrameType | None, looked: Looked
) -> Iterator[Fault]:
    """What is wrong with the frames of a store; see `CheckedFrames`.

    Parameters
    ----------
    place
        Folder of the array, or of the store it is in.
    each
        Frames in an event, where the document of the store says so.
    wanted, said, looked
        As there.
    """
    try:
        store = _Store(array=open_array(place), folder=checked_folder(place), place=place)
        store.check_type(each, said)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
        looked(sum(map(len, wanted)), 1)
        yield from (fault_of(error, part, place.path) for part in wanted)
        return
    for part in wanted:
        yield from store.faults(part, looked)


@dataclass(frozen=True, kw_only=True)
class _Store:
    """An open array of frames."""

    array: Any
    """As zarr-python opens it."""
    folder: Path
    """Its folder."""
    place: Place
    """The store: what may be opened."""

    def check_type(self, each: int | None, said: FrameType | None) -> None:
        """Check that it holds what documents say."""
        if said is not None:
            check_type(self.folder, (self.array.shape[2:], stored_dtype(self.array)), said, in_order=True)
        if each not in (None, self._each):
            msg = f"{self.folder} has {self._each} frames an event, its documents say {each}"
            raise OSError(msg)

    def faults(self, wanted: range, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some frames."""
        held = self.array.shape[0] * self._each
        there = range(wanted.start, max(min(wanted.stop, held), wanted.start))
        try:
            check_files(len(there), self.folder)
        except ValueError as error:
            yield Fault(kind="documents", start=there.start, stop=there.stop, path=self.folder, what=str(error))
        else:
            yield from self._of_files(there, looked)
        if there.stop < wanted.stop:
            lacking = range(there.stop, wanted.stop)
            looked(len(lacking), 0)
            try:
                check_count(self.folder, held, wanted.stop)
            except OSError as error:
                yield fault_of(error, lacking, self.folder)

    def _of_files(self, there: range, looked: Looked) -> Iterator[Fault]:
        for events, frames in pieces(self._each, there.start, there.stop):
            for start in range(events.start, events.stop, _STEP):
                some, files = range(start, min(start + _STEP, events.stop)), 0
                for event, frame, path in chunk_files(self.array, self.folder, some, frames):
                    yield from self._of_file(event, frame, path, there)
                    files += 1
                looked(len(some) * len(frames), files)

    def _of_file(self, event: int, frame: int, path: Path, wanted: range) -> Iterator[Fault]:
        """What is wrong with a file, whose first chunk holds a frame of an event."""
        try:
            with open_chunk(self.place.checked(path), event, frame, plain_bytes(self.array)) as file:
                found = self._lacking(file.fileno(), event, frame, path) if self.array.shards else ()
        except Exception as raised:  # noqa: BLE001 - as above
            error = raised if path.exists() else MissingFileError(str(raised))
            found = [(self._held(event, frame, self.array.shards or self.array.chunks), error)]
        for frames, error in found:
            some = range(max(frames.start, wanted.start), min(frames.stop, wanted.stop))
            if some:
                yield fault_of(error, some, path)

    def _held(self, event: int, frame: int, shape: tuple[int, ...]) -> range:
        """The frames that a chunk or a shard of some shape holds, which begins with a frame of an event."""
        first = event * self._each + frame
        return range(first, first + shape[1] if shape[0] == 1 else (event + shape[0]) * self._each)

    def _lacking(self, file: int, event: int, frame: int, path: Path) -> list[tuple[range, Exception]]:
        """Frames of a shard whose bytes are not where its index says."""
        index = self._index
        if index is None:
            return []
        size = os.fstat(file).st_size
        counts = index.counts
        raw = os.pread(file, index.nbytes, 0 if index.is_first else max(size - index.nbytes - index.checksum, 0))
        if len(raw) < index.nbytes:
            msg = f"{path} is cut off: it has {size} bytes, its index alone {index.nbytes}; copy it from its origin"
            raise CutOffFileError(msg)
        places: NDArray[np.uint64] = np.frombuffer(raw, index.dtype).reshape(*counts, 2)
        found: list[tuple[range, Exception]] = []
        for at in np.ndindex(*counts):
            corner = [number * chunk for number, chunk in zip(at, self.array.chunks, strict=True)]
            begin = (event + corner[0], frame + corner[1], *corner[2:])
            if any(start >= length for start, length in zip(begin, self.array.shape, strict=True)):
                continue
            offset, nbytes = map(int, places[at])
            if error := index.wrong(offset, nbytes, size, path, begin):
                found.append((self._held(begin[0], begin[1], self.array.chunks), error))
        return found

    @property
    def _each(self) -> int:
        return self.array.shape[1]

    @cached_property
    def _index(self) -> "_Index | None":
        return _Index.of(self.array)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """How the index of a shard is written.

    https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html
    """

    counts: tuple[int, ...]
    """Chunks of a shard along each axis."""
    is_first: bool
    """Whether the index stands at the beginning; else at the end."""
    checksum: int
    """Bytes of the checksum behind it."""
    dtype: np.dtype[np.uint64]
    """Of its numbers."""
    plain: int | None
    """Bytes of each chunk, where it holds the numbers as they are."""

    @classmethod
    def of(cls, array: Any) -> "_Index | None":
        """That of an array; None where it is written in a way that is not known."""
        codec = next((codec for codec in array.metadata.codecs if hasattr(codec, "index_codecs")), None)
        if codec is None or len(array.metadata.codecs) > 1:
            return None
        kinds = [type(inner).__name__ for inner in codec.index_codecs]
        if kinds not in (["BytesCodec"], ["BytesCodec", "Crc32cCodec"]):
            return None
        order = ">" if codec.index_codecs[0].endian.value == "big" else "<"
        is_plain = len(codec.codecs) == 1
        return cls(
            counts=tuple(shard // chunk for shard, chunk in zip(array.shards, array.chunks, strict=True)),
            is_first=codec.index_location.value == "start",
            checksum=_CHECKSUM * (len(kinds) - 1),
            dtype=np.dtype(f"{order}u8"),
            plain=prod(array.chunks) * array.dtype.itemsize if is_plain else None,
        )

    @property
    def nbytes(self) -> int:
        """Without its checksum."""
        return _ENTRY * prod(self.counts)

    def wrong(self, offset: int, nbytes: int, size: int, path: Path, at: tuple[int, ...]) -> Exception | None:
        """What is wrong with a chunk that has so many bytes from an offset on, in a shard of ``size`` bytes."""
        where = f"{path}: frame {at[1]} of event {at[0]}"
        if (offset, nbytes) == (_NOTHING, _NOTHING):
            return CutOffFileError(f"{where} was never written, Zarr would make zeros of it")
        if offset + nbytes > size or nbytes not in ({self.plain} if self.plain else range(1, size + 1)):
            msg = (
                f"{where} is not in the file, which is cut off or damaged: it should be {self.plain or nbytes} bytes, "
                f"the index says {nbytes} from {offset} on, the file has {size}; copy it from where it was written"
            )
            return CutOffFileError(msg)
        return None
