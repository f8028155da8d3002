"""What a killed writer left of an HDF5 file, found and cleared away."""

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from framestore_handlers.checksum import UNKNOWN
from framestore_handlers.place import Place
from framestore_handlers.recovery import Recovery

from .closing import close_file
from .filters import ensure_filters
from .layout import LAYOUT
from .opening import check_whole
from .superblock import HEAD_BYTES, UNBORN_BYTES, Superblock, close_superblock, closed_head

_COLUMNS: dict[str, float] = {LAYOUT.frame_id: -1, LAYOUT.timestamp: np.nan}
"""Numbers that every frame has, and what stands for one that is not known."""
_OPTIONAL: dict[str, float] = {LAYOUT.checksum: UNKNOWN}
"""The same of numbers that every frame has where there are any."""
_SIGNATURE_BYTES = 4
"""How a group begins, in bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """What the rows of a file are like."""

    rows: int
    """How many it says that it has."""
    damaged: tuple[int, ...]
    """Those that hold no whole frame."""
    columns: dict[str, int]
    """How many rows the columns have that have not as many as there are frames."""

    @property
    def kept(self) -> int:
        """Rows up to the last whole frame."""
        damaged = set(self.damaged)
        return next((row + 1 for row in reversed(range(self.rows)) if row not in damaged), 0)

    def sentences(self) -> Iterator[str]:
        """What is not in order."""
        if self.damaged:
            yield f"{len(self.damaged)} of {self.rows} frames are not whole: {_listed(self.damaged)}"
        for name, rows in self.columns.items():
            yield f"{name} has {rows} rows beside {self.rows} frames"


def recover(path: Path, *, dry_run: bool) -> Recovery:
    """Have a file that a killed writer left be one that was closed; whole frames stay as they are.

    The mark of the writer is cleared, and the end that the head states is put where the file ends, as ``h5clear`` does.
    Rows behind the last whole frame are taken off. A frame whose number was not written gets -1, NaN as timestamp, and
    0 as checksum where there are any. A file whose writer was killed while it made it is removed.

    Raises
    ------
    OSError
        When it is not HDF5, or not of framestore, or cannot be read.
    """
    if _is_unborn(path):
        if not dry_run:
            path.unlink()
        return Recovery(path=path, frames=0, found=("it was never finished: it holds no frame",), mended=not dry_run)
    head, size = Superblock.of(Place.of(path)), path.stat().st_size
    with _as_closed(path) as file:
        rows = _look(file, path)
    found = [*_sentences(head, size), *rows.sentences()]
    copied = size < head.end and not head.being_written
    mended = bool(found) and not dry_run and not copied and not set(rows.damaged) & set(range(rows.kept))
    if found and not dry_run and not copied:
        _mend(path, rows)
    return Recovery(path=path, frames=rows.rows - len(rows.damaged), found=tuple(found), mended=mended)


def _is_unborn(path: Path) -> bool:
    """Whether its writer was killed before it wrote where things are: HDF5 does so at last, and all at once.

    Before HDF5 writes anything, the file is empty, or has zeros in the place that it will need.
    """
    size = path.stat().st_size
    if size > UNBORN_BYTES:
        return False
    head, content = Superblock.of(Place.of(path)), path.read_bytes()
    if not any(content):
        return size in {0, UNBORN_BYTES}
    return head.being_written and not any(content[head.root :][:_SIGNATURE_BYTES])


def _sentences(head: Superblock, size: int) -> Iterator[str]:
    if not head.whole:
        yield "its head has a wrong checksum"
    if head.being_written:
        yield "its writer ended without closing it"
    if size < head.end and not head.being_written:
        yield f"it is cut off: it has {size} of {head.end} bytes; copy it from its origin again"
    elif size < head.end:
        yield f"its head states an end at {head.end} bytes, which it does not reach with {size}"
    elif size > head.end > 0 and head.being_written:
        yield f"{size - head.end} bytes lie behind the end that its head states"


def _look(file: h5py.File, path: Path) -> _Rows:
    """Look at every chunk; those that are compressed are read, since only that tells whether they are whole."""
    dataset = file.get(LAYOUT.dataset)
    if not isinstance(dataset, h5py.Dataset) or dataset.chunks is None:
        msg = f"{path} has no frames in chunks at {LAYOUT.dataset}: it was not written by framestore"
        raise OSError(msg)
    ensure_filters(dataset, path)
    frames = dataset.shape[0]
    damaged = tuple(row for row in range(frames) if not _is_whole(dataset, path, row))
    columns = {name: _rows_of(file, name) for name in (*_COLUMNS, *filter(file.__contains__, _OPTIONAL))}
    return _Rows(rows=frames, damaged=damaged, columns={name: rows for name, rows in columns.items() if rows != frames})


def _is_whole(dataset: h5py.Dataset, path: Path, row: int) -> bool:
    try:
        check_whole(dataset, path, row, row + 1)
        if dataset.id.get_create_plist().get_nfilters():
            dataset[row]
    except (OSError, RuntimeError):
        return False
    return True


def _rows_of(file: h5py.File, name: str) -> int:
    column = file.get(name)
    return column.shape[0] if isinstance(column, h5py.Dataset) else 0


def _mend(path: Path, rows: _Rows) -> None:
    close_superblock(path)
    if rows.kept == rows.rows and not rows.columns:
        return
    file = h5py.File(path, "r+", rdcc_nbytes=0)  # what HDF5 keeps for later, and then cannot write, crashes it
    try:
        image: Any = file[LAYOUT.dataset]
        image.resize(rows.kept, axis=0)
        for name, unknown in (_COLUMNS | _OPTIONAL).items():
            column: Any = file.get(name)
            if column is not None:
                known = min(column.shape[0], rows.kept)
                column.resize(rows.kept, axis=0)
                column[known:] = unknown
    finally:
        close_file(file)


@contextmanager
def _as_closed(path: Path) -> Generator[h5py.File]:
    """Open a file as it would be if its head said that it was closed: HDF5 then looks at it, and waits for nobody."""
    with _Closed(path, "rb") as content:
        try:
            file = h5py.File(content, "r")
        except OSError as error:
            msg = f"{path} cannot be read as HDF5: {error}"
            raise OSError(msg) from error
        with file:
            yield file


class _Closed(io.FileIO):
    """The content of a file, but for its head."""

    def readinto(self, buffer: Any) -> int | None:
        """Read from where it stands."""
        start = self.tell()
        count = super().readinto(buffer)
        if start < HEAD_BYTES and count:
            view = memoryview(buffer).cast("B")
            head = self._head()[start : start + count]
            view[: len(head)] = head
        return count

    def _head(self) -> bytes:
        place = self.tell()
        self.seek(0)
        head, size = super().read(HEAD_BYTES), self.seek(0, io.SEEK_END)
        self.seek(place)
        return closed_head(head or b"", size)


def _listed(rows: tuple[int, ...]) -> str:
    few = ", ".join(map(str, rows[:10]))
    return f"{few}, …" if len(rows) > 10 else few
