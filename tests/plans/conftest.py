"""Cameras of ophyd-async for the plans; those of ophyd are everybody's."""

import pytest
from ophyd_async.core import init_devices

from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.fixture
def make_async(run_engine, folder, threads_of_cameras):
    """Cameras of ophyd-async, connected in the RunEngine's loop; none may leave a thread behind."""

    def make(source, name="eye", **settings):
        with init_devices():
            camera = Camera(source, StaticPathProvider(UUIDFilenameProvider(), folder), name=name, **settings)
        camera.set_name(name)
        return camera

    yield make
    assert not threads_of_cameras(), "a camera left a thread behind"
