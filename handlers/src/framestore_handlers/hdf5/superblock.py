"""The head of an HDF5 file: what it says of its end, and of who has it open.

https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, versions 2 and 3 of the superblock.
"""

from dataclasses import dataclass
from pathlib import Path

from framestore_handlers.place import Place

from .checksum import checksum

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SWMR_VERSION = 3
"""First version of the superblock that marks a file as open for writing."""
_BEING_WRITTEN = 0b101
"""Bits of the consistency flags: open for writing; open for writing with readers allowed."""
_FLAGS = 11
_END = slice(28, 36)
_ROOT = slice(36, 44)
_CHECKED = 44
HEAD_BYTES = 48
"""Where the flags, the end and the root group are told, what the checksum is of, and how long all is; bytes."""
UNBORN_BYTES = 64 * 2**10
"""Bytes that a file has at most before its first frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Superblock:
    """What the head of a file says of it."""

    being_written: bool
    """Whether a writer has it open, or was killed."""
    end: int
    """Bytes that the file had at least when the head was written; 0 where the head does not say."""
    root: int = 0
    """Where the group stands that all others are in."""
    head: bytes = b""
    """The head itself; empty where it is not one that is known."""

    @property
    def whole(self) -> bool:
        """Whether its checksum is right; who reads leaves that to HDF5."""
        return not self.head or checksum(self.head[:_CHECKED]) == int.from_bytes(self.head[_CHECKED:], "little")

    @classmethod
    def of(cls, place: Place) -> "Superblock":
        """Read the head of a file.

        Raises
        ------
        MissingFileError
            When the file is gone.
        UntrustedPathError
            When it is outside of what may be opened.
        """
        try:
            with place.checked().open("rb") as file:
                head = file.read(HEAD_BYTES)
        except FileNotFoundError:
            raise place.missing() from None
        if not _is_known(head):
            return cls(being_written=False, end=0)
        return cls(
            being_written=bool(head[_FLAGS] & _BEING_WRITTEN),
            end=int.from_bytes(head[_END], "little"),
            root=int.from_bytes(head[_ROOT], "little"),
            head=head,
        )


def closed_head(head: bytes, size: int) -> bytes:
    """The head of a file of ``size`` bytes, as it would be if nobody wrote it; another kind of head as it is."""
    if not _is_known(head):
        return head
    closed = bytearray(head)
    closed[_FLAGS] = 0
    closed[_END] = size.to_bytes(8, "little")
    closed[_CHECKED:] = checksum(bytes(closed[:_CHECKED])).to_bytes(4, "little")
    return bytes(closed)


def close_superblock(path: Path) -> None:
    """Have the head say that nobody writes the file, and that it ends where it does.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = closed_head(file.read(HEAD_BYTES), size)
        file.seek(0)
        file.write(head)


def cut_to_end(path: Path) -> None:
    """Take away what a file has behind its end: HDF5 leaves bytes that nothing refers to, in which no cut would show.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    with path.open("r+b") as file:
        head = file.read(HEAD_BYTES)
        end = int.from_bytes(head[_END], "little")
        if _is_known(head) and HEAD_BYTES <= end < file.seek(0, 2):
            file.truncate(end)


def has_signature(path: Path) -> bool:
    """Whether there is one wherever HDF5 looks for it: at the beginning, or at 512 bytes, or at any power of 2 behind.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    with path.open("rb") as file:
        size, offset = file.seek(0, 2), 0
        while offset < size:
            file.seek(offset)
            if file.read(len(_SIGNATURE)) == _SIGNATURE:
                return True
            offset = max(2 * offset, 512)
    return False


def _is_known(head: bytes) -> bool:
    return head.startswith(_SIGNATURE) and len(head) == HEAD_BYTES and head[8] >= _SWMR_VERSION and head[9] == 8
