"""Which reader belongs to which spec and which mimetype."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import hdf5
from .blocks import FrameFile

handler_registry: dict[str, type] = {hdf5.LAYOUT.spec: hdf5.HDF5Handler}
"""Handler class by spec: for event-model's ``Filler`` and databroker's ``register_handler``."""

Opener = Callable[[Path, str, Mapping[str, Any]], FrameFile]
"""(path, path as the document names it, keyword arguments or parameters of the document) -> frames, unopened."""

by_spec: dict[str, Opener] = {hdf5.LAYOUT.spec: hdf5.from_resource}
"""How ``load`` reads a Resource, by its spec."""

by_mimetype: dict[str, Opener] = {hdf5.LAYOUT.mimetype: hdf5.from_stream_resource}
"""How ``load`` reads a StreamResource, by its mimetype."""
