"""Which handler and which opener belong to which spec of those that framestore does not write."""

from typing import Any

from framestore_handlers import hdf5
from framestore_handlers.foreign import Handler, Opener

from . import bulk, cbf, eiger, imm, points, single, spe, spectra, timestamps, xspress3

_READ: tuple[tuple[Any, Opener], ...] = (
    (bulk.BulkXSPRESS, bulk.from_resource),
    (cbf.PilatusCBFHandler, cbf.from_resource),
    (eiger.EigerHandler, eiger.from_resource),
    (imm.IMMHandler, imm.from_resource),
    (points.AreaDetectorHDF5SWMRHandler, hdf5.from_resource),
    (points.TimepixHDF5Handler, points.from_timepix_resource),
    (single.AreaDetectorHDF5SingleHandler, single.from_resource),
    (spe.AreaDetectorSPEHandler, spe.from_resource),
    (spectra.SpecsHDF5SingleHandlerDataFrame, single.from_resource),
    (timestamps.AreaDetectorHDF5SWMRTimestampHandler, timestamps.from_resource),
    (timestamps.AreaDetectorHDF5TimestampHandler, timestamps.from_resource),
    (xspress3.Xspress3HDF5Handler, xspress3.from_resource),
)
"""Handler class and opener, by the specs that the class reads."""

handlers: dict[str, Handler] = {spec: handler for handler, _ in _READ for spec in sorted(handler.specs)}
"""Handler class by spec."""

openers: dict[str, Opener] = {spec: opener for handler, opener in _READ for spec in sorted(handler.specs)}
"""How ``load`` reads a Resource, by its spec."""
