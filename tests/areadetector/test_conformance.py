"""Handlers of points in files of areaDetector pass the suite that all handlers pass."""

import ioc
import pytest
from framestore_handlers import handler_registry

from framestore.testing import HandlerTests

pytestmark = pytest.mark.slow


class OneFileTests(HandlerTests):
    """Of a file of many frames."""

    def write(self, folder, frames, frames_per_point):
        return ioc.write_plugin(folder / "a.h5", frames, dims=frames.ndim - 1), {}


class TestSWMR(OneFileTests):
    handler = handler_registry["AD_HDF5_SWMR"]


class TestTimepix(OneFileTests):
    handler = handler_registry["TPX_HDF5"]


class TestSingle(HandlerTests):
    handler = handler_registry["AD_HDF5_SINGLE"]

    def write(self, folder, frames, frames_per_point):
        for k, frame in enumerate(frames):
            ioc.write_plugin(folder / f"a_{k:06d}.h5", frame, dims=frame.ndim)
        return folder, {"template": "%s%s_%6.6d.h5", "filename": "a"}
