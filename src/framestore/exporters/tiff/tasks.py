"""How TIFF files are made: some of a frame each, or one of all pages of a field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, repeat
from pathlib import Path

from framestore.exporters.batches import batches, frames_of_a_batch, spans
from framestore.exporters.naming import Named
from framestore.exporters.pixels import Pixels, batch, frame_bytes, frames_of
from framestore.exporters.task import Tell

from .file import NewFile
from .page import Kind, Page, Pages, known_times

_LARGEST = 0.8 * 2**32
"""Bytes from which on a file is BigTIFF: classic TIFF ends at 2**32, and descriptions differ in length."""
_MOST_FILES = 32
"""Files that are made before any of them gets its name: what is lost when an export is interrupted."""
_PAGE_BYTES = 1024
"""Bytes of a page besides pixels and description, about."""
_TIMES = 4096
"""Times that are read at once: a file is opened for them."""


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
    pixels: Pixels
    """The frames."""
    times: Pixels | None
    """When they were taken, if known."""
    pages: Pages
    """What their pages say."""
    files: tuple[Path, ...]
    """The file."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return frames_of(self.pixels)

    def make(self, paths: Sequence[Path], tell: Tell) -> None:
        """Write the file; see `Task`."""
        times = self._times()
        with NewFile(paths[0], bigtiff=self._bytes() > _LARGEST) as file:
            for first, images in batches(self.pixels):
                for number, image in enumerate(images, first):
                    page = replace(self.pages.of(number), time=next(times))
                    file.write(image, self.kind.settings(page, whole=number == 0))
                    tell(1)

    def _times(self) -> Iterator[float | None]:
        """When each frame was taken."""
        times = self.times
        if times is None:
            return repeat(None)
        return (time for start, stop in spans(times, _TIMES) for time in known_times(batch(times, start, stop)))

    def _bytes(self) -> int:
        """Bytes of the file, about."""
        said = len(self.kind.description(self.pages.of(0), whole=False)) + _PAGE_BYTES
        return self.frames * (frame_bytes(self.pixels) + said) + len(self.kind.documents)


def stack_of(file: Named, kind: Kind) -> Stack:
    """The file of all frames of a field."""
    field = file.field
    return Stack(kind=kind, pixels=field.pixels, times=field.times, pages=Pages.of_field(field), files=(file.path,))


def tasks_of_frames(files: Sequence[Named], kinds: dict[int, Kind]) -> Iterator[FrameFiles]:
    """The files of single frames, in batches of consecutive frames of a field; ``kinds`` by the fields' ids."""
    for _, those in groupby(files, lambda named: id(named.field)):
        of_the_field = list(those)
        field = of_the_field[0].field
        pages, times = Pages.of_field(field), field.times
        in_an_event = field.pixels.shape[1]
        for run in _together(of_the_field, field.pixels):
            start, stop = run[0].first // in_an_event, run[-1].first // in_an_event + 1
            yield FrameFiles(
                kind=kinds[id(field)],
                pixels=field.pixels.part(start, stop),
                times=times and times.part(start, stop),
                numbers=tuple(named.first - start * in_an_event for named in run),
                pages=tuple(pages.of(named.first) for named in run),
                files=tuple(named.path for named in run),
            )


def _together(files: Sequence[Named], pixels: Pixels) -> Iterator[Sequence[Named]]:
    """Files whose frames are read at once: no more than fit into memory, those between included."""
    most = min(frames_of_a_batch(pixels), _MOST_FILES)
    begun = 0
    for number, named in enumerate(files):
        if named.first - files[begun].first >= most:
            yield files[begun:number]
            begun = number
    if files:
        yield files[begun:]
