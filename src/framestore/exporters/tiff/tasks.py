"""How TIFF files are made: some of a frame each, or one of all pages of a field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from framestore.exporters.batches import batches, frames_of_a_batch
from framestore.exporters.naming import Named
from framestore.exporters.pixels import Pixels, batch, frame_bytes, frames_of
from framestore.exporters.selection import Field
from framestore.exporters.task import Tell

from .file import NewFile
from .page import Kind, Page, known_times, pages

_LARGEST = 0.8 * 2**32
"""Bytes from which on a file is BigTIFF: classic TIFF ends at 2**32, and descriptions differ in length."""
_MOST_FILES = 32
"""Files that are made before any of them gets its name: what is lost when an export is interrupted."""
_PAGE_BYTES = 1024
"""Bytes of a page besides pixels and description, about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameFiles:
    """Files of a frame each, of consecutive events of one field; some of their frames may be left out."""

    kind: Kind
    """How pages are written."""
    pixels: Pixels
    """The events."""
    times: Pixels | None
    """When their frames were taken, if known."""
    numbers: tuple[int, ...]
    """Which of these frames, counted through."""
    pages: tuple[Page, ...]
    """What their pages say."""
    files: tuple[Path, ...]
    """Their files."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.numbers)

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write the files; see `Task`."""
        first, stop = self.numbers[0], self.numbers[-1] + 1
        images = batch(self.pixels, first, stop)
        times = known_times(batch(self.times, first, stop)) if self.times else [None] * len(images)
        for number, page, path in zip(self.numbers, self.pages, paths, strict=True):
            image = images[number - first]
            with NewFile(path, bigtiff=image.nbytes > _LARGEST) as file:
                file.write(image, self.kind.settings(replace(page, time=times[number - first]), whole=True))
            tell(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """One file of all frames of a field."""

    kind: Kind
    """How pages are written."""
    field: Field
    """The field."""
    files: tuple[Path, ...]
    """The file."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return frames_of(self.field.pixels)

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write the file; see `Task`."""
        times = self.field.times
        with NewFile(paths[0], bigtiff=self._bytes() > _LARGEST) as file:
            for first, images in batches(self.field.pixels):
                said = pages(self.field, first, first + len(images))
                of_these = known_times(batch(times, first, first + len(images))) if times else [None] * len(images)
                for number, (image, page, time) in enumerate(zip(images, said, of_these, strict=True)):
                    file.write(image, self.kind.settings(replace(page, time=time), whole=first + number == 0))
                    tell(1)

    def _bytes(self) -> int:
        """Bytes of the file, about."""
        said = len(self.kind.description(pages(self.field, 0, 1)[0], whole=False)) + _PAGE_BYTES
        return self.frames * (frame_bytes(self.field.pixels) + said) + len(self.kind.documents)


def tasks_of_frames(files: Sequence[Named], kinds: dict[int, Kind]) -> Iterator[FrameFiles]:
    """The files of single frames, in batches of consecutive frames of a field; ``kinds`` by the fields' ids."""
    for run in _together(files):
        field, first, stop = run[0].field, run[0].first, run[-1].first + 1
        in_an_event = field.pixels.shape[1]
        start = first // in_an_event
        end, origin = -(-stop // in_an_event), start * in_an_event
        said = pages(field, first, stop)
        times = field.times
        yield FrameFiles(
            kind=kinds[id(field)],
            pixels=field.pixels.part(start, end),
            times=times and times.part(start, end),
            numbers=tuple(named.first - origin for named in run),
            pages=tuple(said[named.first - first] for named in run),
            files=tuple(named.path for named in run),
        )


def _together(files: Sequence[Named]) -> Iterator[Sequence[Named]]:
    """Files whose frames are read at once: of one field, and no more than fit into memory, those between included."""
    start = 0
    for number, named in enumerate(files):
        field, first = files[start].field, files[start].first
        most = min(frames_of_a_batch(field.pixels), _MOST_FILES)
        if named.field is not field or named.first - first >= most:
            yield files[start:number]
            start = number
    if start < len(files):
        yield files[start:]
