"""Files inside and outside of allowed roots, runs of them, and whether the kernel opened any."""

import ctypes
import os
import struct
from contextlib import contextmanager

import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
import zarr
from framestore_handlers import UntrustedPathError
from PIL import Image

FRAMES = np.arange(4 * 6 * 8, dtype="<u2").reshape(4, 6, 8)
IN_OPEN, IN_ACCESS = 0x20, 0x1


@contextmanager
def nothing_is_opened_in(folder):
    """The kernel is asked which files of a folder, and of those in it, were opened."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    for place, _, _ in list(os.walk(folder)):
        assert libc.inotify_add_watch(watch, os.fsencode(place), IN_OPEN | IN_ACCESS) > 0
    try:
        yield
        try:
            events = os.read(watch, 2**16)
        except BlockingIOError:
            return
        _, mask, _, length = struct.unpack_from("iIII", events)
        pytest.fail(f"{events[16 : 16 + length].rstrip(bytes(1))} was opened ({mask:#x})")
    finally:
        os.close(watch)


def stream(uri, mimetype, parameters, frames=4, shape=FRAMES.shape[1:]):
    """Documents of a run of one stream of ``frames`` frames."""
    data_key = {"source": "x", "dtype": "array", "shape": [1, *shape], "dtype_numpy": "<u2", "external": "STREAM:"}
    ranges = {"indices": {"start": 0, "stop": frames}, "seq_nums": {"start": 1, "stop": frames + 1}}
    return [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": data_key}}),
        (
            "stream_resource",
            {"uid": "r", "data_key": "image", "uri": uri, "mimetype": mimetype, "parameters": parameters},
        ),
        ("stream_datum", {"uid": "r/0", "stream_resource": "r", "descriptor": "d", **ranges}),
    ]


HDF5, SERIES = "application/x-hdf5", "multipart/related;type=image/"


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["/entry/data/data"] = FRAMES


def write_zarr(path):
    array = zarr.create_array(path, shape=(4, 1, 6, 8), chunks=(1, 1, 6, 8), dtype="uint16", compressors=None)
    array[:] = FRAMES[:, None]


def write_series(path, suffix):
    path.mkdir()
    for number, frame in enumerate(FRAMES):
        Image.fromarray(frame).save(path / f"x_{number:06d}{suffix}")


WRITERS = {
    "hdf5": ("x.h5", HDF5, {"dataset": "/entry/data/data"}, write_hdf5),
    "tiff_stack": ("x.tiff", "image/tiff", {}, lambda path: tifffile.imwrite(path, FRAMES, photometric="minisblack")),
    "zarr": ("x.zarr", "application/x-zarr", {}, write_zarr),
    "tiff": ("x/", f"{SERIES}tiff", {"template": "x_{:06d}.tiff"}, lambda path: write_series(path, ".tiff")),
    "png": ("x/", f"{SERIES}png", {"template": "x_{:06d}.png"}, lambda path: write_series(path, ".png")),
}


def read(inside, uri, kind="hdf5", **kwargs):
    _, mimetype, parameters, _ = WRITERS[kind]
    documents = stream(f"file://localhost{uri}", mimetype, parameters)
    run = framestore_handlers.load(documents, **{"allowed_roots": [inside], **kwargs})
    frames = run["primary"].read("image")[:, 0]
    np.testing.assert_array_equal(run["primary"]["image"].compute(scheduler="sync")[:, 0], frames)
    return frames


def written(folder, kind="hdf5"):
    """A file of that kind, or a folder."""
    name, _, _, write = WRITERS[kind]
    write(folder / name.rstrip("/"))
    return folder / name.rstrip("/")


def uri_of(path, kind):
    return f"{path}/" if WRITERS[kind][0].endswith("/") else path


def refused(inside, outside, uri, kind="hdf5"):
    with nothing_is_opened_in(outside), pytest.raises(UntrustedPathError, match="outside of allowed_roots"):
        read(inside, uri, kind)
