"""A NeXus file of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
from framestore_handlers import Run

from framestore.exporters.hdf5.call import Contents
from framestore.exporters.hdf5.file import new_file
from framestore.exporters.hdf5.storage import Storage
from framestore.exporters.pixels import frames_of
from framestore.exporters.task import Tell

from .detectors import write_detectors
from .devices import Device, devices
from .entry import describe_instrument, describe_plan, describe_run, describe_sample, describe_users, write_documents
from .grid import write_grid
from .logs import write_logs
from .plot import shown, write_data, write_plot
from .positioners import write_positioners
from .scanned import dimensions
from .streams import write_streams
from .values import plain_text, subgroup
from .written import Written

Add = Callable[[h5py.Group, Run], None]
"""Is given the NXentry, when all else is in it, and the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NexusFile:
    """A file of the fields of a run; see `framestore.exporters.task.Task`."""

    contents: Contents
    """What goes into it."""
    storage: Storage
    """How frames are stored."""
    add: Add | None = None
    """Writes what else shall be in it."""

    @classmethod
    def of(cls, add: Add | None, contents: Contents, storage: Storage) -> "NexusFile":
        """The file for some contents."""
        return cls(contents=contents, storage=storage, add=add)

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
        (path,) = paths
        with new_file(path) as file:
            file.attrs.update(
                NX_class="NXroot",
                default="entry",
                file_name=plain_text(self.contents.part.path.name),
                creator="framestore",
                creator_version=version("framestore"),
                h5py_version=h5py.version.version,
                HDF5_Version=h5py.version.hdf5_version,
            )
            self._write(subgroup(file, "entry", "NXentry"), tell)

    def _write(self, entry: Any, tell: Tell) -> None:
        run = self.contents.run
        describe_run(entry, run)
        describe_sample(entry, run)
        describe_users(entry, run)
        describe_plan(entry, run)
        write_documents(entry, run)
        written = write_streams(entry, self.contents, self.storage, tell)
        order = [stream.stream.name for stream in written]
        found = devices(run, order)
        along = [key for name in order for keys in dimensions(run, name, found) for key in keys]
        instrument = subgroup(entry, "instrument", "NXinstrument")
        describe_instrument(instrument, run)
        write_detectors(instrument, run, written, found)
        write_positioners(instrument, run, written, found, along)
        write_logs(instrument, run, written)
        for stream in written:
            signal = shown(run, stream, along, found)
            if signal is not None:
                write_data(stream.group["data"], stream, signal)
        main = _main(written)
        if main is not None:
            _show(entry, run, main, found)
        if self.add is not None:
            self.add(entry, run)


def _main(written: Sequence[Written]) -> Written | None:
    """The stream that is shown: primary, or the first with frames, or the first."""
    framed = [stream for stream in written if stream.images]
    named = [stream for stream in written if stream.stream.name == "primary"]
    return next(iter([*named, *framed, *written]), None)


def _show(entry: Any, run: Run, stream: Written, devices: Mapping[str, Device]) -> None:
    """Say what is shown when the entry is opened: the frames; numbers as a map, where they make one."""
    signal = write_plot(entry, run, stream, devices)
    has_grid = write_grid(entry, run, stream, devices, signal)
    if signal is not None:
        entry.attrs["default"] = "grid" if has_grid and signal not in stream.images else "data"
