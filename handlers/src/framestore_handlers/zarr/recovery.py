"""What a killed writer leaves in a Zarr store, found and cleared away."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from framestore_handlers.place import Place
from framestore_handlers.recovery import Recovery
from framestore_handlers.series_recovery import refuse_folder_in_use

from .layout import LAYOUT, METADATA
from .opening import array_folder, chunk_files, open_array, plain_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is not in order."""

    sentence: str
    """What."""
    mend: Callable[[], object] | None
    """Clears it away; None where nothing can."""


def recover(path: Path, *, dry_run: bool) -> Recovery:
    """Clear away what a killed writer left in a store: scratch files, and chunks beyond the shape.

    Chunks beyond the shape belong to points that nobody was told of, or that were taken back. Where the shape goes
    beyond the last point that is whole, as after a power failure, it is taken back to it. Whole frames within the shape
    are neither removed nor changed.

    Parameters
    ----------
    path
        The store, or its image's array.
    dry_run
        Whether only to look.

    Raises
    ------
    MissingFileError
        When it is not there.
    OSError
        When it is no store of frames, or is being written.
    """
    folder = array_folder(path)
    if path.is_dir() and not _is_array(folder):
        return _recover_unborn(path, dry_run=dry_run)
    array = open_array(Place.of(path))
    refuse_folder_in_use(folder.parent)
    events = array.shape[0]
    lacking = {event for event in range(events) if not _is_whole(array, folder, event)}
    while events and events - 1 in lacking:
        events -= 1
    findings = [
        *_holes(folder, sorted(event for event in lacking if event < events)),
        *_shape(folder, array.shape[0], events, "lacks the frames of the last ones"),
        *_beyond(array, folder, events),
        *_numbers(folder.parent, events),
        *_scratch(folder.parent),
    ]
    for finding in findings:
        if finding.mend is not None and not dry_run:
            finding.mend()
    return Recovery(
        path=path,
        frames=(events - sum(event < events for event in lacking)) * array.shape[1],
        found=tuple(finding.sentence for finding in findings),
        mended=not dry_run and all(finding.mend is not None for finding in findings),
    )


def _is_array(folder: Path) -> bool:
    try:
        return json.loads((folder / METADATA).read_bytes()).get("node_type") == "array"
    except (FileNotFoundError, ValueError):
        return False


def _recover_unborn(store: Path, *, dry_run: bool) -> Recovery:
    """A store whose writer was killed while it made it is removed, unless it holds something else."""
    refuse_folder_in_use(store)
    names = {METADATA, f".{METADATA}", LAYOUT.image, *LAYOUT.numbers}
    others = [found for found in store.rglob("*") if found.name not in names]
    if others:
        msg = f"{store} holds no array of frames, but {others[0].name}; it was not made by framestore"
        raise OSError(msg)
    if not dry_run:
        shutil.rmtree(store)
    return Recovery(path=store, frames=0, found=(f"{store} was never finished: it holds no frame",), mended=not dry_run)


def _is_whole(array: Any, folder: Path, event: int) -> bool:
    expected = plain_bytes(array)
    frames = range(array.shape[1])
    for _, _, path in chunk_files(array, folder, range(event, event + 1), frames):
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return False
        if size != expected if expected else size == 0:
            return False
    return True


def _holes(folder: Path, events: list[int]) -> Iterator[Finding]:
    for event in events:
        sentence = f"{folder} lacks frames of event {event}; copy them from where they were written"
        yield Finding(sentence=sentence, mend=None)


def _shape(folder: Path, shown: int, events: int, why: str) -> Iterator[Finding]:
    if shown != events:
        sentence = f"{folder} is said to hold {shown} events, but {why}: {events} are whole"
        yield Finding(sentence=sentence, mend=lambda: _describe(folder, events))


def _beyond(array: Any, folder: Path, events: int) -> Iterator[Finding]:
    """Chunks of events that readers were not shown."""
    known = {path.name for _, _, path in chunk_files(array, folder, range(events), range(array.shape[1]))}
    found = [path for path in folder.glob("c.*") if path.name not in known]
    if found:
        sentence = f"{folder} has {len(found)} files of points that nobody was told of, or that were taken back"
        yield Finding(sentence=sentence, mend=lambda: [path.unlink() for path in found])


def _numbers(store: Path, events: int) -> Iterator[Finding]:
    """The arrays beside the image, which are written first."""
    for name in LAYOUT.numbers:
        description = store / name / METADATA
        if description.is_file():
            shown = json.loads(description.read_bytes())["shape"][0]
            yield from _shape(store / name, shown, events, "the image does not")


def _scratch(store: Path) -> Iterator[Finding]:
    """Files that were not whole when their writer was killed; their names begin with a dot."""
    folders = [store, *(store / name for name in (LAYOUT.image, *LAYOUT.numbers))]
    patterns = (f".{METADATA}", ".c.*", ".shard-*")
    found = [path for folder, pattern in product(folders, patterns) for path in folder.glob(pattern)]
    if found:
        sentence = f"{store} has {len(found)} files that were never finished, such as {found[0].name}"
        yield Finding(sentence=sentence, mend=lambda: [path.unlink() for path in found])


def _describe(folder: Path, events: int) -> None:
    """Say that an array holds so many events; readers meet the old description or the new one."""
    path, scratch = folder / METADATA, folder / f".{METADATA}"
    description = json.loads(path.read_bytes())
    description["shape"][0] = events
    scratch.write_text(json.dumps(description, indent=1))
    scratch.chmod(path.stat().st_mode)
    scratch.replace(path)
