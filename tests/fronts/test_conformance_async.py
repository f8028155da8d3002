"""The ophyd-async front passes the suite that users inherit for theirs."""

from typing import ClassVar

from bluesky.run_engine import call_in_bluesky_event_loop

from framestore.ophyd_async import Camera
from framestore.testing.detector import DetectorTests


class OphydAsync:
    settings: ClassVar = {}
    staging_twice_raises = False
    prepares_steps = True

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
