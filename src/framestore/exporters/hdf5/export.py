"""``export_hdf5``: the call."""

from collections.abc import Mapping, Sequence
from os import PathLike

from numpy.typing import DTypeLike

from framestore.exporters.correction import Background, Subtraction
from framestore.exporters.given import GivenRun
from framestore.exporters.result import ExportResult
from framestore.exporters.selection import Names as Chosen
from framestore.exporters.selection import Treatment

from .call import Call, Contents
from .file import HDF5File
from .storage import Storage

TEMPLATE = "{start[scan_id]}.h5"
"""Names of the files, unless others are given."""


def export_hdf5(
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
    overwrite: bool = False,
    dry_run: bool = False,
    progress: bool = True,
    workers: int = 1,
    scheduler: str | None = None,
) -> ExportResult:
    """Write a run into an HDF5 file, or several: its documents, the values of its events, and its frames.

    ``/documents`` has the ``start``, ``descriptors`` and ``stop`` documents as JSON, and each stream a group:
    ``<stream>/seq_num`` and ``<stream>/time`` of its events, ``<stream>/data/<field>`` with the values, or with the
    frames, (events, frames, \\*frame shape), ``<stream>/timestamps/<field>`` with the time of each, POSIX seconds, and
    ``<stream>/events`` with all else that the events say, as JSON. Attributes of a field are its units, its precision
    and whatever else its data key says; ``seq_num`` names the dataset that tells which events its rows are.

    Frames out of HDF5 files keep their chunks, as they stand there, unless something is to be done to them. An
    interrupted export leaves nothing incomplete under a final name, and the same call again completes it.

    Parameters
    ----------
    run
        Whatever ``framestore_handlers.load`` takes or returns.
    directory
        Where the files go; it is made if it is missing.
    template
        Of their names, as for ``str.format``, with item access only: ``start``, ``stop``, ``stream``, ``field``. With
        ``stream`` in it each stream has a file, with ``field`` each field that has frames, along with the values of
        its stream. It may hold separators, values may not. POSIX seconds with the format of a time, such as
        ``{start[time]:%Y-%m-%d}``, are a local time.
    link
        Whether frames stay in the HDF5 files where they are, and the new file refers to those (a virtual dataset), by
        their place beside it. Once one of them is gone, HDF5 gives zeros for its frames, or NaN.
    streams, fields
        Of which streams; which of their fields with frames. None: all. Values of events are there with their stream.
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
    chunks
        Shape of the chunks, as many events, frames, rows of pixels, …, as said; what is not said is whole. None: those
        of the source, where it is HDF5, else a frame a chunk.
    compression
        Such as ``"bitshuffle-lz4"``, as `framestore.formats.HDF5` has them; None: that of the source, where it is HDF5
        and ``chunks`` is None, else none.
    overwrite
        Whether files that are there are replaced, each in one step.
    dry_run
        Whether to check all names, and write nothing.
    progress
        Whether a bar on stderr tells how far it is, where that is a terminal.
    workers
        How many processes read, cut and compress; 1: this one. Chunks that are copied as they stand need none.
    scheduler
        Address of a scheduler of dask.distributed, whose workers do so; they must see the same files of frames.

    Returns
    -------
    ExportResult
        All files.

    Raises
    ------
    FileExistsError
        When a file is there already, before anything is written.
    KeyError
        When the run has no such stream or field, or no value that the template needs.
    ValueError
        When a name is refused; when frames cannot be linked, not be cut so, or their dtype not be had without loss.
    MissingFileError, OSError
        When frames cannot be read, or files not be written.
    """
    call = Call(
        kind="hdf5",
        run=run,
        directory=directory,
        template=template,
        streams=streams,
        fields=fields,
        treatment=Treatment(subtract=subtract, subtraction=subtraction, dtype=dtype, clip=clip, scale=scale),
        storage=Storage(link=link, chunks=chunks, compression=compression),
        overwrite=overwrite,
    )
    return call.result(_task, dry_run=dry_run, progress=progress, workers=workers, scheduler=scheduler)


def _task(contents: Contents, storage: Storage) -> HDF5File:
    return HDF5File(contents=contents, storage=storage)
