"""The ophyd-async front passes the suite that users inherit for theirs."""

from typing import ClassVar

import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from ophyd_async.core import TriggerInfo
from ways import as_jpeg

from framestore.ophyd_async import Camera
from framestore.testing.detector import (
    DetectorTests,
    FlyFaultTests,
    FlyInterruptionTests,
    FlyTests,
    InterruptionTests,
    ScanTests,
)


class OphydAsync:
    settings: ClassVar = {}
    staging_twice_raises = False

    def make_detector(self, source, path_provider, **settings):
        camera = Camera(source, path_provider, **self.settings, **settings)
        call_in_bluesky_event_loop(camera.connect())
        return camera

    def data_key(self, name):
        return name

    def mean_key(self, name):
        return f"{name}-mean"


class TestStream(OphydAsync, DetectorTests):
    pass


class TestTriggerInfo(OphydAsync, FlyTests):
    """Prepared as ophyd-async's plans do it: what it takes is said, and not left to the camera."""

    def values_to_prepare(self, points, frames_per_point):
        named = TriggerInfo(number_of_events=points, collections_per_event=frames_per_point)
        return [named, TriggerInfo(number_of_events=points)]


class AsJPEG(OphydAsync):
    settings: ClassVar = {"format": "jpeg"}

    def expected(self, frame):
        return as_jpeg(frame)


class TestAsJPEG(AsJPEG, FlyFaultTests):
    pass


@pytest.mark.slow
class TestAllAsJPEG(AsJPEG, ScanTests, InterruptionTests, FlyTests, FlyInterruptionTests):
    pass


@pytest.mark.slow
class TestAsTIFFStack(OphydAsync, ScanTests, InterruptionTests):
    settings: ClassVar = {"format": "tiff_stack"}


@pytest.mark.slow
class TestAsZarr(OphydAsync, DetectorTests):
    settings: ClassVar = {"format": "zarr"}
    lasting_threads = ("asyncio_", "zarr_io")  # the latter is zarr's own
