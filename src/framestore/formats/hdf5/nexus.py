"""What makes a file of frames valid NeXus."""

import datetime as dt
from pathlib import Path
from typing import Any

from framestore_handlers.hdf5.layout import LAYOUT

from framestore.formats.format import Contents


def describe(file: Any, path: Path, contents: Contents) -> None:
    """Make the file NXroot, NXentry, NXdata and NXdetector, each pointing at the image.

    https://manual.nexusformat.org/classes/base_classes/
    """
    now = dt.datetime.now(dt.UTC).astimezone().isoformat()
    entry, detector = file["entry"], file["entry/instrument/detector"]
    file.attrs.update(NX_class="NXroot", default="entry", file_name=path.name, file_time=now, creator="framestore")
    entry.attrs.update(NX_class="NXentry", default="data")
    entry["start_time"] = now
    file["entry/instrument"].attrs["NX_class"] = "NXinstrument"
    _describe_detector(detector, contents)
    _describe_data(file["entry/data"], detector, contents.shape)


def _describe_detector(detector: Any, contents: Contents) -> None:
    detector.attrs["NX_class"] = "NXdetector"
    detector["local_name"] = contents.camera
    detector["timestamp"].attrs.update(units="s", long_name="start of the exposure, POSIX time")
    detector["frame_id"].attrs["long_name"] = "number that the camera gave the frame"
    detector["count_time"].attrs.update(units="s", long_name="exposure time; none, or NaN, where it is not known")
    if LAYOUT.checksum in detector:
        detector[LAYOUT.checksum].attrs["long_name"] = "checksum of the frame; 0 where it is not known"
    for name, size in zip((LAYOUT.y_pixel_size, LAYOUT.x_pixel_size), contents.pixel_size or (), strict=False):
        detector[name] = size
        detector[name].attrs["units"] = "m"


def _describe_data(data: Any, detector: Any, shape: tuple[int, ...]) -> None:
    axes = ["timestamp", *("." for _ in shape)]
    data.attrs.update(NX_class="NXdata", signal="data", axes=axes, timestamp_indices=0, frame_id_indices=0)
    data["data"].attrs.update(target=LAYOUT.dataset, interpretation=_interpretation(shape))
    detector["data"] = data["data"]
    for name in ("timestamp", "frame_id"):
        detector[name].attrs["target"] = f"/entry/instrument/detector/{name}"
        data[name] = detector[name]


def _interpretation(shape: tuple[int, ...]) -> str:
    """NeXus' word for what a frame is."""
    if len(shape) == 1:
        return "spectrum"
    return "rgb-image" if len(shape) == 3 and shape[-1] == 3 else "image"
