"""``export_nexus``: the call."""

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike

from numpy.typing import DTypeLike

from framestore.exporters.correction import Background, Subtraction
from framestore.exporters.given import GivenRun
from framestore.exporters.hdf5.call import Call
from framestore.exporters.hdf5.storage import Storage
from framestore.exporters.result import ExportResult
from framestore.exporters.selection import Names as Chosen
from framestore.exporters.selection import Treatment

from .file import Add, NexusFile

TEMPLATE = "{start[scan_id]}.nxs"
"""Name of the file, unless another is given."""


def export_nexus(
    run: GivenRun,
    directory: str | PathLike[str],
    template: str = TEMPLATE,
    *,
    link: bool = False,
    streams: Chosen = None,
    fields: Chosen = None,
    subtract: Background | Mapping[str, Background] | None = None,
    subtraction: Subtraction | None = None,
    dtype: DTypeLike | None = None,
    clip: bool = False,
    scale: tuple[float, float] | None = None,
    chunks: int | Sequence[int] | None = None,
    compression: str | None = None,
    add: Add | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    workers: int = 1,
    scheduler: str | None = None,
) -> ExportResult:
    """Write a run into a NeXus file, valid by NeXus' base classes: all its streams, in one entry.

    ``/entry`` (NXentry) has title, times and identifiers of the run, and

    - ``data`` (NXdata), what is shown when the file is opened: the frames of the stream ``primary``, or the first
      number that its detectors hint at, by what was scanned, or else by time; all that was measured beside it is there,
      too. ``grid`` (NXdata) has such numbers as a map, of a scan over a grid that has all its points.
    - ``instrument`` (NXinstrument): an NXdetector of each camera, and of each other detector of the plan; an
      NXpositioner of each motor; an NXlog of what was monitored; each with the settings of its device.
    - ``sample`` (NXsample) and ``user`` (NXuser), what the start document says under ``sample``, ``user``,
      ``operator``.
    - ``plan`` and ``metadata`` (NXparameters): the start document, what the plan says of itself and the rest.
    - ``streams`` (NXcollection): of each stream the sequence numbers and times of its events, in ``data`` all values
      and frames named after their fields, in ``timestamps`` when each was taken.
    - ``documents`` (NXcollection): the start and stop documents and the descriptors, as JSON.

    Frames are (events, \\*frame shape), or (events, frames, \\*frame shape) where an event has several. Names that
    NeXus does not allow, as of a field ``camera-mean``, are changed, here to ``camera_mean``; the attribute ``name``
    has them. An interrupted export leaves nothing incomplete under a final name, and the same call again completes it.

    Parameters
    ----------
    run
        Whatever ``framestore_handlers.load`` takes or returns.
    directory
        Where the file goes; it is made if it is missing.
    template
        Of its name, as for ``str.format``, with item access only: ``start``, ``stop``, ``stream`` (a file a stream),
        ``field`` (a file a field). It may hold separators, values may not.
    link
        Whether frames stay in their files, and are linked to by their places relative to that of the new file, so that
        both can be moved together; of frames in HDF5 files only, as they are.
    streams, fields
        Which streams, and which fields of frames; None: all.
    subtract, subtraction, dtype, clip, scale
        What is done to the pixels: see `export_tiff`.
    chunks, compression
        How frames are stored: see `export_hdf5`; None: as they are in the files that they come from.
    add
        Is called with the NXentry, an open h5py group, and the run, when all else is written: to write what else
        belongs into files of this beamline.
    overwrite
        Whether a file that is there is replaced, in one step.
    dry_run
        Whether to check all names, and write nothing.
    progress
        Whether a bar on stderr tells how far it is, where that is a terminal.
    workers
        How many processes compress; 1: this one.
    scheduler
        Address of a scheduler of dask.distributed, whose workers compress; they must see the files of frames.

    Returns
    -------
    ExportResult
        The file, or several, as ``template`` says.

    Raises
    ------
    FileExistsError
        When a file is there already, before anything is written.
    KeyError
        When the run has no such stream or field, or no value that the template needs.
    ValueError
        When a name is refused, frames cannot be linked, or their dtype cannot be had without loss.
    MissingFileError, OSError
        When frames cannot be read, or the file not be written.
    """
    call = Call(
        kind="nexus",
        run=run,
        directory=directory,
        template=template,
        streams=streams,
        fields=fields,
        treatment=Treatment(subtract=subtract, subtraction=subtraction, dtype=dtype, clip=clip, scale=scale),
        storage=Storage(link=link, chunks=chunks, compression=compression, as_nexus=True),
        overwrite=overwrite,
    )
    return call.result(
        partial(NexusFile.of, add),
        None if add is None else getattr(add, "__qualname__", type(add).__qualname__),
        dry_run=dry_run,
        progress=progress,
        workers=workers,
        scheduler=scheduler,
    )
