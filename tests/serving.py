"""Tiled servers in processes of their own, and cameras of every format for them."""

import re
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
from bluesky.callbacks.tiled_writer import TiledWriter as OldWriter
from numbered import NumberedSource
from ways import as_jpeg

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr

_READY = re.compile(r"running on \S*?(http://[\d.]+:\d+)")


@contextmanager
def served(configuration):
    """The URI of a server with that configuration."""
    command = [sys.executable, "-m", "tiled", "serve", "config", configuration, "--api-key", "secret", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            found = next(filter(None, map(_READY.search, process.stdout)))
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield found[1]
        finally:
            process.kill()  # it would wait for the connections of its clients


@contextmanager
def registries_kept():
    """What is registered meanwhile is forgotten: other tests look at what there is without it."""
    import bluesky.callbacks.tiled_writer
    import bluesky.consolidators
    import bluesky_tiled_plugins.writing as plugins

    registries = [
        bluesky.consolidators.CONSOLIDATOR_REGISTRY,
        bluesky.callbacks.tiled_writer.MIMETYPE_LOOKUP,
        plugins.consolidators.CONSOLIDATOR_REGISTRY,
        plugins.tiled_writer.MIMETYPE_LOOKUP,
    ]
    before = [dict(registry) for registry in registries]
    yield
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


class Bench:
    """A camera, and what is to be read of its points."""

    def __init__(self, make_camera, name, shape, dtype, frames, settings, **more):
        self.source = NumberedSource(shape, dtype)
        self.key = f"{name}_image"
        self.frames = frames
        self.is_jpeg = isinstance(settings, JPEG)
        self.camera = make_camera(self.source, format=settings, frames_per_point=frames, stats=(), name=name, **more)

    def expected(self, points):
        frames = [self.source.expected(point * self.frames + j) for point in points for j in range(self.frames)]
        frames = np.array([as_jpeg(frame) for frame in frames] if self.is_jpeg else frames, self.source.dtype)
        return frames.reshape(len(points), self.frames, *self.source.shape)


CAMERAS = {
    "jpeg": ((8, 16), "u1", 3, JPEG()),
    "rgb_jpeg": ((8, 16, 3), "u1", 1, JPEG(rotate_frames=3)),
    "png": ((5, 7), "u2", 3, PNG()),
    "bool_png": ((5, 9), "?", 2, PNG()),
    "rgb_png": ((5, 7, 3), "u2", 2, PNG(rotate_frames=4)),
    "tiff": ((5, 7), "u2", 3, TIFF(rotate_frames=6)),
    "stack": ((5, 7), "u2", 3, TIFFStack()),
    "parts_of_stack": ((5, 7, 3), "u1", 1, TIFFStack(rotate_frames=2)),
    "zarr": ((5, 7), ">u2", 2, Zarr()),
    "stores_of_zarr": ((5, 7), "f4", 2, Zarr(rotate_frames=4)),
    "hdf5": ((5, 7), ">u2", 2, "hdf5"),
    "parts_of_hdf5": ((9,), "i4", 2, HDF5(rotate_frames=4, compression="bitshuffle-lz4")),
}


def benches(make_camera, family="stream", names=CAMERAS):
    return [Bench(make_camera, name, *CAMERAS[name], documents=family) for name in names]


def writer_of(kind, client, family="stream", **settings):
    """A TiledWriter as one is to be made for such documents."""
    from framestore_handlers.tiled.normalizer import RunNormalizer

    if kind is OldWriter and family == "datum":
        settings["normalizer"] = RunNormalizer
    return kind(client, **settings)
