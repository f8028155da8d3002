"""What describes the arrays of a store, made by zarr-python: it knows the names of dtypes and codecs."""

import datetime as dt
import json
import sys
from typing import Any

import numpy as np
from framestore_handlers.checksum import XXH3
from framestore_handlers.zarr.layout import LAYOUT, SEPARATOR
from framestore_handlers.zarr.opening import zarr_python

from framestore.formats.format import Contents

_AXES = {1: ("x",), 2: ("y", "x")}
"""Names of a frame's axes, by their number."""


def describe_group(contents: Contents) -> dict[str, Any]:
    """Describe the group."""
    store: dict[str, Any] = {}
    attributes: dict[str, Any] = {
        "creator": "framestore",
        "camera": contents.camera,
        "start_time": dt.datetime.now(dt.UTC).astimezone().isoformat(),
    }
    if contents.pixel_size is not None:
        attributes.update(pixel_size=list(contents.pixel_size), pixel_size_units="m")
    zarr_python().create_group(store, attributes=attributes)
    return _description(store)


def describe_image(contents: Contents, compressors: list[Any], *, shard: bool) -> dict[str, Any]:
    """Describe the image: one chunk a frame, and one shard a point where that is wanted."""
    zarr = zarr_python()
    frames, shape = contents.frames_per_point, contents.shape
    return _array(
        (frames, *shape),
        contents.dtype.newbyteorder("="),
        chunks=(1, 1, *shape),
        shards=(1, frames, *shape) if shard else None,
        serializer=zarr.codecs.BytesCodec(endian=_byte_order(contents.dtype)),
        compressors=compressors or None,
        dimension_names=("event", "frame", *_axes(shape)),
    )


def describe_column(name: str, frames: int, events: int, fill: Any) -> dict[str, Any]:
    """Describe an array of a number a frame."""
    texts = {
        LAYOUT.frame_id: {"long_name": "number that the camera gave the frame"},
        LAYOUT.timestamp: {"long_name": "start of the exposure, POSIX time", "units": "s"},
        LAYOUT.exposure_time: {"long_name": "how long the exposure lasted; 0: the source does not say", "units": "s"},
        LAYOUT.checksum: {"long_name": "checksum of the frame; 0: it is not known", LAYOUT.algorithm: XXH3},
    }
    return _array(
        (frames,),
        np.asarray(fill).dtype,
        chunks=(events, frames),
        compressors=None,
        fill_value=np.asarray(fill)[()],
        dimension_names=("event", "frame"),
        attributes=texts[name],
    )


def _array(shape: tuple[int, ...], dtype: np.dtype[Any], **details: Any) -> dict[str, Any]:
    store: dict[str, Any] = {}
    encoding = {"name": "default", "configuration": {"separator": SEPARATOR}}
    zarr_python().create_array(store, shape=(0, *shape), dtype=dtype, chunk_key_encoding=encoding, **details)
    return _description(store)


def _description(store: dict[str, Any]) -> dict[str, Any]:
    (content,) = store.values()
    return json.loads(content.to_bytes())


def _byte_order(dtype: np.dtype[Any]) -> str | None:
    """Byte order of the numbers, as Zarr's codec names it; None of single bytes, which have none."""
    orders = {"<": "little", ">": "big", "=": sys.byteorder, "|": None}
    return orders[dtype.byteorder]


def _axes(shape: tuple[int, ...]) -> tuple[str, ...]:
    if len(shape) == 3 and shape[-1] == 3:
        return "y", "x", "channel"
    return _AXES.get(len(shape)) or tuple(f"axis_{number}" for number in range(len(shape)))
