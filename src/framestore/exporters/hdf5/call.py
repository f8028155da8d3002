"""A call of an exporter of HDF5 files, from its arguments to its result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

from framestore_handlers import Run

from framestore.exporters.digest import digest
from framestore.exporters.driver import Export
from framestore.exporters.given import GivenRun, as_run
from framestore.exporters.naming import OF_A_FRAME, Names
from framestore.exporters.pixels import frames_of
from framestore.exporters.result import ExportResult
from framestore.exporters.selection import Field, Treatment, select
from framestore.exporters.selection import Names as Chosen
from framestore.exporters.task import Task
from framestore.exporters.workers import Serial, Workers, chosen

from .frames import check
from .parts import Part, parts
from .storage import Storage
from .streams import images


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What goes into a file."""

    run: Run
    """The run."""
    part: Part
    """The file, its streams and its fields."""
    left_out: Mapping[str, frozenset[str]]
    """Images in the events, by stream, that are not to be in it: nobody wants them, or another file has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What an exporter of HDF5 files is told; see `export_hdf5`."""

    kind: str
    """Name of the format."""
    run: GivenRun
    """What ``load`` takes or returns."""
    directory: "str | PathLike[str]"
    """Where the files go."""
    template: str
    """Of their names."""
    streams: Chosen
    """Which."""
    fields: Chosen
    """Which."""
    treatment: Treatment
    """What is done to the pixels."""
    storage: Storage
    """How frames are stored."""
    overwrite: bool
    """Whether files are replaced."""

    def result(
        self,
        task: Callable[[Contents, Storage], Task],
        *extra: Any,
        dry_run: bool,
        progress: bool,
        workers: int,
        scheduler: str | None,
    ) -> ExportResult:
        """Make the files, or only check their names.

        Parameters
        ----------
        task
            What makes a file, of what goes into it and how frames are stored.
        extra
            What else tells the export from others; see `digest`.
        dry_run, progress, workers, scheduler
            See `export_hdf5`.
        """
        run = as_run(self.run)
        names = Names.of(run, self.directory, self.template, OF_A_FRAME)
        fields = select(run, streams=self.streams, fields=self.fields, treatment=self.treatment, leaves_uneven=True)
        for field in fields:
            check(field, self.storage)
        found = parts(names, self._streams(run), fields)
        contents = [Contents(run=run, part=part, left_out=self._left_out(run, part, fields)) for part in found]
        digits = digest(self.kind, run.start["uid"], self.template, *self._told, *extra)

        def export(those: Workers) -> Export:
            storage = replace(self.storage, workers=those)
            return Export(
                source=run,
                directory=names.directory,
                files=[part.path for part in found],
                frames=sum(frames_of(field.pixels) for part in found for field in part.fields),
                tasks=lambda done: (task(item, storage) for item in contents if item.part.path not in done),
                digest=digits,
                overwrite=self.overwrite,
            )

        if dry_run:
            return export(Serial()).list()
        with chosen(workers, scheduler) as those:
            return export(those).run(progress=progress)

    @property
    def _told(self) -> tuple[Any, ...]:
        storage = self.storage
        return self.streams, self.fields, *self.treatment.told, storage.link, storage.chunks, storage.compression

    def _streams(self, run: Run) -> list[str]:
        given = run.streams if self.streams is None else self.streams
        return [given] if isinstance(given, str) else list(dict.fromkeys(given))

    def _left_out(self, run: Run, part: Part, fields: Sequence[Field]) -> dict[str, frozenset[str]]:
        """Images in the events that are not to be in a file; those that no file can have stay with the other values."""
        here = {(field.stream.name, field.key) for field in part.fields}
        there = {(field.stream.name, field.key) for field in fields}
        return {
            name: frozenset(
                key
                for key in images(run[name])
                if (name, key) not in here and (self.fields is not None or (name, key) in there)
            )
            for name in part.streams
        }
