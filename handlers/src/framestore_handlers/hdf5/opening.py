"""Opening an HDF5 file that may be finished, still being written, or left by a writer that was killed."""

from dataclasses import dataclass
from pathlib import Path

import h5py

from framestore_handlers.access import missing

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SWMR_VERSION = 3
"""First version of the superblock that marks a file as open for writing."""
_BEING_WRITTEN = 0b101
"""Bits of the consistency flags: open for writing; open for writing with readers allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Superblock:
    """What the head of a file says of it.

    https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, versions 2 and 3 of the superblock.
    """

    being_written: bool
    """Whether a writer has it open, or was killed."""
    end: int
    """Bytes that the file had at least when the head was written; 0 where the head does not say."""

    @classmethod
    def of(cls, path: Path, named: str = "") -> "Superblock":
        """Read the head of a file.

        Raises
        ------
        MissingFileError
            When the file is gone.
        """
        try:
            with path.open("rb") as file:
                head = file.read(48)
        except FileNotFoundError:
            raise missing(path, named) from None
        if not head.startswith(_SIGNATURE) or len(head) < 48 or head[8] < _SWMR_VERSION or head[9] != 8:
            return cls(being_written=False, end=0)
        return cls(being_written=bool(head[11] & _BEING_WRITTEN), end=int.from_bytes(head[28:36], "little"))


def open_for_reading(path: Path, named: str = "") -> h5py.File:
    """Open a file, along with its writer where it has one; ``named`` is what documents call it, for messages.

    A finished file is opened plainly: HDF5 then refuses one that is cut off. ``swmr=True``, which a file without a
    proper end needs, does not look; see `check_whole`.

    Raises
    ------
    MissingFileError
        When the file is gone.
    OSError
        When it is cut off, or is not HDF5.
    """
    head = Superblock.of(path, named)
    size = path.stat().st_size
    if size < head.end:
        msg = f"{path} is cut off: it has {size} of at least {head.end} bytes; copy it from where it was written"
        raise OSError(msg)
    try:
        return h5py.File(path, "r", swmr=head.being_written)
    except OSError as error:
        msg = f"{path} cannot be read as HDF5: {error}"
        raise OSError(msg) from error


def check_whole(dataset: h5py.Dataset, path: Path, start: int, stop: int) -> None:
    """Check that the chunks of rows ``start`` to ``stop`` are in the file; HDF5 would read them as zeros or nonsense.

    Only needed in a file that its writer has not finished, or never will; done where a chunk holds whole rows.

    Raises
    ------
    OSError
        When a chunk was never written, or lies beyond the end of the file.
    """
    chunks = dataset.chunks
    if chunks is None or chunks[1:] != dataset.shape[1:]:
        return
    size = path.stat().st_size
    tail = (0,) * (len(chunks) - 1)
    for row in range(start - start % chunks[0], stop, chunks[0]):
        info = dataset.id.get_chunk_info_by_coord((row, *tail))
        if info.byte_offset is None or info.byte_offset + info.size > size:
            msg = f"{path} is cut off: frame {row} of {dataset.name} is not in it; copy it from where it was written"
            raise OSError(msg)
