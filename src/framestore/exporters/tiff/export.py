"""``export_tiff``: the call."""

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from framestore_handlers import Run
from numpy.typing import DTypeLike

from framestore.exporters.correction import Background, Subtraction
from framestore.exporters.digest import digest
from framestore.exporters.driver import Export
from framestore.exporters.given import GivenRun, as_run
from framestore.exporters.naming import OF_A_FRAME, Named, Names, checked
from framestore.exporters.pixels import frames_of
from framestore.exporters.result import ExportResult
from framestore.exporters.selection import Field, Treatment, select
from framestore.exporters.selection import Names as Chosen
from framestore.exporters.task import Task
from framestore.exporters.workers import chosen

from .page import Kind
from .tasks import stack_of, tasks_of_frames

TEMPLATE = "{start[scan_id]}_{stream}_{field}_{seq_num:05d}_{frame}.tiff"
"""Names of files of a frame, unless others are given."""
STACK_TEMPLATE = "{start[scan_id]}_{stream}_{field}.tiff"
"""Names of files of a field, unless others are given."""


def export_tiff(
    run: GivenRun,
    directory: str | PathLike[str],
    template: str = TEMPLATE,
    *,
    stack: bool = False,
    streams: Chosen = None,
    fields: Chosen = None,
    subtract: Background | Mapping[str, Background] | None = None,
    subtraction: Subtraction | None = None,
    dtype: DTypeLike | None = None,
    clip: bool = False,
    scale: tuple[float, float] | None = None,
    compression: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    workers: int = 1,
    scheduler: str | None = None,
) -> ExportResult:
    """Write the images of a run into TIFF files: a file a frame, or a file of many pages a field.

    Pixels keep their dtype unless another is asked for; an image of colours is one page. Files of 4 GiB and more are
    BigTIFF. The description (tag 270) of a file's first page is a JSON object: ``uid``, ``stream``, ``field``,
    ``seq_num``, ``frame``, ``time`` (start of the exposure, POSIX seconds, or null), the ``event`` document, and the
    ``start`` and ``stop`` documents, and the ``descriptors`` of the stream; that of other pages has all but the last
    three. Tag 269 is the run's uid.

    An interrupted export leaves nothing incomplete under a final name, and the same call again completes it.

    Parameters
    ----------
    run
        Whatever ``framestore_handlers.load`` takes or returns.
    directory
        Where the files go; it is made if it is missing.
    template
        Of their names, as for ``str.format``, with item access only: ``start``, ``stop``, ``stream``, ``field``,
        ``event``, ``seq_num`` (from 1), ``frame`` (from 0 within the event; ``i`` is the same). It may hold
        separators, values may not. POSIX seconds with the format of a time, such as ``{start[time]:%Y-%m-%d}``, are a
        local time.
    stack
        Whether a file holds all frames of a field, as pages in the order of the events; its template knows no
        ``event``, ``seq_num`` and ``frame``, and is ``STACK_TEMPLATE`` unless one is given.
    streams, fields
        Which; None: all that have images.
    subtract
        A dark image, or another background, that is subtracted: an array (\\*frame shape), or the name of the stream
        whose mean it is; or those by field.
    subtraction
        Has to be said of whole numbers: ``"saturate"``, differences that the dtype does not hold become its limits;
        ``"widen"``, the dtype becomes a wider one with a sign.
    dtype
        Dtype of the pixels; None: as it is. One that does not hold all values needs ``clip`` or ``scale``.
    clip
        Whether values that the dtype does not hold become its limits; fractions are rounded.
    scale
        (low, high): the values that become 0 and the dtype's largest (of a float: 1), others in between, and those
        beyond the limits.
    compression
        How pixels are stored, as tifffile calls it, such as ``"zlib"``; None: as they are.
    overwrite
        Whether files that are there are replaced, each in one step.
    dry_run
        Whether to check all names, and write nothing.
    progress
        Whether a bar on stderr tells how far it is, where that is a terminal.
    workers
        How many processes write; 1: this one.
    scheduler
        Address of a scheduler of dask.distributed, whose workers write; they must see the same folders.

    Returns
    -------
    ExportResult
        All files, in the order of the frames.

    Raises
    ------
    FileExistsError
        When a file is there already, before anything is written.
    KeyError
        When the run has no such stream or field, or no value that the template needs.
    ValueError
        When two frames would get one name, a name is refused, the run has no images, or their dtype cannot be had
        without loss.
    MissingFileError, OSError
        When frames cannot be read, or files not be written.
    """
    if stack and template == TEMPLATE:
        template = STACK_TEMPLATE
    opened = as_run(run)
    treatment = Treatment(subtract=subtract, subtraction=subtraction, dtype=dtype, clip=clip, scale=scale)
    found = _images(opened, select(opened, streams=streams, fields=fields, treatment=treatment), fields)
    names = Names.of(opened, directory, template, OF_A_FRAME if stack else ())
    files = checked(_named(names, found, stack=stack), template)
    kinds = {id(field): Kind.of(field, opened.start, opened.stop, compression) for field in found}

    def tasks(done: set[Path]) -> Iterator[Task]:
        left = [named for named in files if named.path not in done]
        if not stack:
            yield from tasks_of_frames(left, kinds)
            return
        yield from (stack_of(named, kinds[id(named.field)]) for named in left)

    export = Export(
        source=opened,
        directory=names.directory,
        files=[named.path for named in files],
        frames=sum(named.frames for named in files),
        tasks=tasks,
        digest=digest("tiff", stack, opened.start["uid"], template, streams, fields, *treatment.told, compression),
        overwrite=overwrite,
    )
    if dry_run:
        return export.list()
    with chosen(workers, scheduler) as those:
        return export.run(those, progress=progress)


def _images(run: Run, found: list[Field], asked: Any) -> list[Field]:
    """Those of the fields that are images."""
    images = [field for field in found if field.is_image]
    if asked is not None and len(images) < len(found):
        other = next(field for field in found if not field.is_image)
        msg = f"{other.name}: its frames have no rows and columns ({other.pixels.shape[2:]}); use export_hdf5 for it"
        raise ValueError(msg)
    if not images:
        there = ", ".join(f"{name} ({', '.join(run[name])})" for name in run.streams) or "none"
        msg = f"run {run.start['uid']} has no images to export; its streams: {there}"
        raise ValueError(msg)
    return images


def _named(names: Names, fields: list[Field], *, stack: bool) -> Iterator[Named]:
    for field in fields:
        if stack:
            yield from [names.of_field(field)] * bool(frames_of(field.pixels))
        else:
            yield from names.of_frames(field)
