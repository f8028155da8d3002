"""One HDF5 file of a run: its documents, and streams with their values and frames."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import h5py
from framestore_handlers import Run
from framestore_handlers.hdf5.closing import close_file

from framestore.exporters.metadata import as_json
from framestore.exporters.pixels import frames_of
from framestore.exporters.selection import Field
from framestore.exporters.task import Tell
from framestore.formats.hdf5.errors import as_os_error

from . import streams
from .columns import TEXT
from .names import DOCUMENTS
from .storage import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class HDF5File:
    """A file of some streams of a run; a `Task`."""

    path: Path
    """Its final name."""
    run: Run
    """The run."""
    streams: Sequence[str]
    """The streams, by name."""
    fields: Sequence[Field]
    """Those of their fields whose frames go into it."""
    storage: Storage
    """How the frames are stored."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Its final name."""
        return (self.path,)

    @property
    def frames(self) -> int:
        """Frames in it."""
        return sum(frames_of(field.pixels) for field in self.fields)

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write it whole; see `Task`.

        Raises
        ------
        OSError
            When a frame cannot be read, or the disk is full.
        """
        (path,) = paths
        file = h5py.File(path, "x")
        try:
            self._write(file, tell)
        except BaseException:
            with suppress(Exception):  # on a full disk HDF5 fails to close, too: the first error counts
                close_file(file)
            raise
        try:
            close_file(file)
        except RuntimeError as error:
            raise as_os_error(error, path) from error

    def _write(self, file: h5py.File, tell: Tell) -> None:
        file.attrs.update({"creator": "framestore", "uid": self.run.start["uid"]})
        if isinstance(scan_id := self.run.start.get("scan_id"), int | str):
            file.attrs["scan_id"] = scan_id
        write_documents(file.create_group(DOCUMENTS), self.run)
        for name in self.streams:
            fields = [field for field in self.fields if field.stream.name == name]
            streams.write(file, self.run[name], fields, self.storage, tell)


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
