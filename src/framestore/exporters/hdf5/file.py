"""One HDF5 file of a run: its documents, and streams with their values and frames."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import h5py
from framestore_handlers import Run
from framestore_handlers.hdf5.closing import close_file

from framestore.exporters.metadata import as_json
from framestore.exporters.pixels import frames_of
from framestore.exporters.task import Tell
from framestore.formats.hdf5.errors import as_os_error

from . import streams
from .attributes import value_of
from .call import Contents
from .columns import TEXT
from .names import DOCUMENTS
from .storage import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5File:
    """A file of some streams of a run; a `Task`."""

    contents: Contents
    """What goes into it."""
    storage: Storage
    """How the frames are stored."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Its final name."""
        return (self.contents.part.path,)

    @property
    def frames(self) -> int:
        """Frames in it."""
        return sum(frames_of(field.pixels) for field in self.contents.part.fields)

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write it whole; see `Task`.

        Raises
        ------
        OSError
            When a frame cannot be read, or the disk is full.
        """
        with new_file(paths[0]) as file:
            write_root(file, self.contents.run)
            write_documents(file.create_group(DOCUMENTS), self.contents.run)
            for name in self.contents.part.streams:
                fields = [field for field in self.contents.part.fields if field.stream.name == name]
                left_out = self.contents.left_out[name]
                streams.write(file, self.contents.run[name], fields, self.storage, left_out=left_out, tell=tell)


@contextmanager
def new_file(path: Path) -> Generator[h5py.File]:
    """A new file, which is closed whatever happens.

    Raises
    ------
    OSError
        When it cannot be made, or the disk is full, with the system's number of the error.
    """
    file = h5py.File(path, "x")
    try:
        yield file
    except BaseException as error:
        with suppress(Exception):  # on a full disk HDF5 fails to close, too: the first error counts
            close_file(file)
        raise_named(error, path)
        raise
    try:
        close_file(file)
    except (OSError, RuntimeError) as error:
        raise as_os_error(error, path) from error


def raise_named(error: BaseException, path: Path) -> None:
    """Raise what HDF5 said of the disk as Python says it; another error is none of it."""
    if type(error) in (OSError, RuntimeError) and "errno = " in str(error):
        raise as_os_error(cast("Exception", error), path) from error


def write_root(file: h5py.File, run: Run) -> None:
    """Say of which run a file is, in its attributes."""
    file.attrs.update({"creator": "framestore", "uid": value_of(run.start["uid"])})
    if run.start.get("scan_id") is not None:
        file.attrs["scan_id"] = value_of(run.start["scan_id"])


def write_documents(group: h5py.Group, run: Run) -> None:
    """Put the start document, the descriptors and the stop document, if there is one, into a group, as JSON."""
    found = {
        "start": run.start,
        "descriptors": [descriptor for stream in run for descriptor in run[stream].descriptors],
        "stop": run.stop,
    }
    for name, document in found.items():
        if document is not None:
            group.create_dataset(name, data=as_json(document), dtype=TEXT, track_times=False)
