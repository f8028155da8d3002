"""Cameras of either front, connected, and what a test says otherwise of the one than of the other."""

import re
from contextlib import contextmanager

import bluesky.plan_stubs as bps
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import maybe_await

from framestore import ophyd
from framestore.testing.detector.front import caused_by


class OphydFront:
    """Cameras of `framestore.ophyd`, whose documents are of one family."""

    def __init__(self, family="stream"):
        self.family = family

    def __repr__(self):
        return f"ophyd {self.family}"

    def make(self, source, path_provider, **settings):
        """A camera, connected."""
        return ophyd.Camera(source, path_provider, **{"documents": self.family} | settings)

    def image(self, name):
        """Data key of the images of a camera of that name."""
        return f"{name}_image"

    def number(self, name, number):
        """Data key of a number of its events, or of its configuration."""
        return f"{name}_{number}"

    def stop(self, camera):
        """A plan that ends the point under way, without an error."""
        camera.stop(success=True)
        yield from bps.null()

    def call(self, function):
        """What a function of cameras returns, outside of a plan; it is called where they live, and awaited."""
        return function()

    def value(self, signal):
        return signal.get()

    def unstage(self, camera):
        self.call(camera.unstage)


class OphydAsyncFront:
    """Cameras of `framestore.ophyd_async`; they need a RunEngine, in whose event loop they live."""

    family = "stream"

    def __repr__(self):
        return "ophyd-async"

    def make(self, source, path_provider, **settings):
        from framestore import ophyd_async  # not in all environments that have this module

        settings = {"name": "camera"} | settings
        camera = ophyd_async.Camera(source, path_provider, **settings)
        self.call(camera.connect)
        return camera

    def image(self, name):
        return name

    def number(self, name, number):
        return f"{name}-{number}"

    def stop(self, camera):
        yield from bps.wait_for([lambda: camera.stop(success=True)])

    def call(self, function):
        async def call():
            return await maybe_await(function())

        return call_in_bluesky_event_loop(call())

    def value(self, signal):
        return self.call(signal.get_value)

    def unstage(self, camera):
        self.call(camera.unstage)


OPHYD, OPHYD_DATUM, OPHYD_ASYNC = OphydFront(), OphydFront("datum"), OphydAsyncFront()
STREAM_FRONTS = [OPHYD, OPHYD_ASYNC]
"""Those that emit StreamResource and StreamDatum."""
FRONTS = [OPHYD, OPHYD_DATUM, OPHYD_ASYNC]


def fronts(*quick, others=()):
    """Marks a test that is run with cameras of these fronts; with the ``others``, by `make test-all` only."""
    cases = [pytest.param(front, id=repr(front)) for front in quick]
    cases += [pytest.param(front, id=repr(front), marks=pytest.mark.slow) for front in others]
    return pytest.mark.parametrize("front", cases, indirect=True)


@contextmanager
def raises(kind, match=""):
    """As that of pytest, also of what is behind the error: bluesky and ophyd-async wrap that of a Status."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 - looked at below
        yield
    found = [error for error in caused_by(raised.value) if isinstance(error, kind)]
    assert any(re.search(match, str(error)) for error in found)
