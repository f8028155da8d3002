"""A run's images as a TIFF file, until framestore has exporters."""

import json
from os import PathLike
from pathlib import Path

import tifffile
from framestore_handlers import Run


def export_tiff(run: Run, path: str | PathLike[str], *, image: str | None = None, stream: str = "primary") -> Path:
    """Write the frames of a run into one file of many pages, in the order of the events; it is read event by event.

    The first page's description is JSON, and names the run by its uid.

    Parameters
    ----------
    run
        As ``framestore_handlers.load`` gives it.
    path
        The file.
    image
        Data key of the frames; None: the first of the stream that are in files.
    stream
        Where they are.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    FileExistsError
        When there is such a file.
    """
    points = run[stream]
    key = image or next(key for key in points if points.is_external(key))
    description = json.dumps({"uid": run.start["uid"], "scan_id": run.start["scan_id"], "data_key": key})
    with Path(path).open("xb") as file, tifffile.TiffWriter(file, bigtiff=True) as tiff:
        for event in range(len(points)):
            for frame in points.read(key, event, event + 1)[0]:
                tiff.write(frame, description=description, metadata=None, contiguous=False)
                description = None
    return Path(path)
