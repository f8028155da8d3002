"""Which reader belongs to which spec and which mimetype."""

from functools import partial

from . import hdf5, jpeg, png, tiff, tiff_stack, zarr
from .areadetector import specs
from .areadetector import tiff as areadetector_tiff
from .described import as_described
from .foreign import Handler, Opener
from .timed_series import timed_from_documents

_written: dict[str, Handler] = {
    hdf5.LAYOUT.spec: hdf5.HDF5Handler,
    jpeg.LAYOUT.spec: jpeg.JPEGHandler,
    png.LAYOUT.spec: png.PNGHandler,
    tiff.LAYOUT.spec: tiff.TIFFHandler,
    tiff_stack.LAYOUT.spec: tiff_stack.TIFFStackHandler,
    zarr.LAYOUT.spec: zarr.ZarrHandler,
}
written_specs = frozenset(_written)
"""Specs that framestore writes: only those are named by the package's entry points, see ``pyproject.toml``."""

handler_registry: dict[str, Handler] = {**_written, **specs.handlers}
"""Handler class by spec: for event-model's ``Filler`` and databroker's ``register_handler``."""

_jpeg = partial(
    timed_from_documents,
    read_frame=jpeg.read_frame,
    read_time=jpeg.read_time,
    compare=jpeg.compare,
    checks_first=True,
    file_type=jpeg.file_type,
)
_png = partial(
    timed_from_documents,
    read_frame=png.read_frame,
    read_time=png.read_time,
    compare=png.compare,
    checks_first=True,
    file_type=png.file_type,
)

by_spec: dict[str, Opener] = {
    hdf5.LAYOUT.spec: hdf5.from_resource,
    jpeg.LAYOUT.spec: _jpeg,
    png.LAYOUT.spec: _png,
    tiff.LAYOUT.spec: areadetector_tiff.from_resource,
    tiff_stack.LAYOUT.spec: tiff_stack.from_resource,
    zarr.LAYOUT.spec: zarr.from_resource,
    **specs.openers,
}
"""How ``load`` reads a Resource, by its spec."""

by_mimetype: dict[str, Opener] = {
    hdf5.LAYOUT.mimetype: partial(as_described, hdf5.from_stream_resource),
    jpeg.LAYOUT.mimetype: partial(as_described, _jpeg),
    png.LAYOUT.mimetype: partial(as_described, _png),
    tiff.LAYOUT.mimetype: partial(as_described, areadetector_tiff.from_stream_resource),
    tiff_stack.LAYOUT.mimetype: tiff_stack.from_stream_resource,
    zarr.LAYOUT.mimetype: partial(as_described, zarr.from_stream_resource),
}
"""How ``load`` reads a StreamResource, by its mimetype."""
