"""What the tests of the ophyd-async front share."""

import asyncio

import pytest
from bluesky.run_engine import call_in_bluesky_event_loop

from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.fixture
def provider(folder):
    return StaticPathProvider(UUIDFilenameProvider(), folder)


@pytest.fixture
def in_loop(run_engine):
    """Have the RunEngine's event loop do something: await a coroutine, or call a function and await what it returns."""

    def run(wanted):
        async def awaited():
            return await (wanted() if callable(wanted) else wanted)

        return call_in_bluesky_event_loop(awaited(), 60)

    return run


@pytest.fixture
def make_async_camera(in_loop, provider, threads_of_cameras, run_engine):
    """Cameras of ophyd-async, connected unless the test does so; unstaged at the end, with no thread left."""
    cameras = []

    def make(source, *, connect=True, mock=False, path_provider=provider, name="camera", **settings):
        camera = Camera(source, path_provider, name=name, **settings)
        cameras.append(camera)
        if connect:
            in_loop(camera.connect(mock=mock))
        return camera

    yield make
    if run_engine.state != "idle":
        run_engine.halt()
    for camera in cameras:
        in_loop(camera.unstage)
    assert not threads_of_cameras(), "a camera left a thread behind"


@pytest.fixture
def run_async():
    """Run a coroutine function in an event loop on this thread, without any RunEngine."""
    return lambda function, *args: asyncio.run(function(*args))
