"""An ophyd-async camera without any RunEngine: awaited in an event loop of the user's, as in a test or a service."""

import h5py
import numpy as np
import pytest
from adjustable import Adjustable
from numbered import NumberedSource
from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, TriggerInfo, init_devices

from framestore.ophyd_async import Camera


@pytest.fixture
def where(tmp_path):
    names = iter("abcdef")
    return lambda datakey_name=None: StaticPathProvider(StaticFilenameProvider(next(names)), tmp_path)(datakey_name)


async def documents_of(camera):
    return [pair async for pair in camera.collect_asset_docs()]


def frames_in(path):
    with h5py.File(path, "r") as file:
        return file["entry/data/data"][()]


def test_points(run_async, where, source, tmp_path, threads_of_cameras):
    async def main():
        async with init_devices():
            camera = Camera(source, where, frames_per_point=2)
        assert camera.name == "camera"
        await camera.stage()
        described = await camera.describe()
        await camera.trigger()
        first = await camera.read(), await documents_of(camera)
        await camera.trigger()
        second = await camera.read(), await documents_of(camera)
        written = await camera.frames_written.get_value()
        await camera.unstage()
        return described, first, second, written

    described, first, second, written = run_async(main)
    assert described["camera"]["shape"] == [2, 5, 7]
    assert written == 4
    assert [name for name, _ in first[1] + second[1]] == ["stream_resource", "stream_datum", "stream_datum"]
    for k, (reading, _) in enumerate((first, second)):
        expected = np.mean([source.expected(2 * k), source.expected(2 * k + 1)])
        assert reading["camera-mean"]["value"] == pytest.approx(expected)
    np.testing.assert_array_equal(frames_in(tmp_path / "a.h5"), [source.expected(k) for k in range(4)])
    assert not threads_of_cameras()


def test_a_fly_scan(run_async, where, source, tmp_path):
    async def main():
        camera = Camera(source, where, name="cam")
        await camera.connect()
        await camera.stage()
        await camera.prepare(TriggerInfo(number_of_events=5, collections_per_event=2))
        progress = []
        await camera.kickoff()
        status = camera.complete()
        status.watch(lambda **update: progress.append((update["current"], update["target"])))
        await status
        index = await camera.get_index()
        documents = await documents_of(camera)
        await camera.unstage()
        return index, [doc["indices"] for name, doc in documents if name == "stream_datum"], progress

    index, indices, progress = run_async(main)
    assert (index, indices) == (5, [{"start": 0, "stop": 5}])
    assert progress[-1] == (5, 5)
    np.testing.assert_array_equal(frames_in(tmp_path / "a.h5"), [source.expected(k) for k in range(10)])


def test_one_camera_in_two_loops_one_after_the_other(run_async, where, tmp_path):
    source = Adjustable()
    camera = Camera(source, where, name="cam")

    async def once(gain):
        await camera.connect(force_reconnect=True)
        await camera.gain.set(gain)
        await camera.stage()
        await camera.trigger()
        reading = await camera.read()
        await camera.unstage()
        return reading["cam-mean"]["value"], await camera.frames_written.get_value()

    assert run_async(once, 3) == (3, 1)
    assert run_async(once, 4) == (4, 1)
    assert (frames_in(tmp_path / "b.h5") == 4).all()


def test_left_staged_in_a_loop_that_ended(run_async, where, threads_of_cameras):
    camera = Camera(NumberedSource(), where, name="cam")

    async def begin():
        await camera.connect()
        await camera.stage()
        await camera.trigger()

    async def end():
        await camera.unstage()
        await camera.stage()
        await camera.trigger()
        counted = await camera.frames_written.get_value()
        await camera.unstage()
        return counted

    run_async(begin)
    assert run_async(end) == 1
    assert not threads_of_cameras()


def test_its_errors_are_raised_where_it_is_awaited(run_async, where):
    error = OSError("the cable is out")

    def grab():
        raise error

    async def main():
        camera = Camera(grab, where, name="cam")
        await camera.connect()
        with pytest.raises(OSError, match="the cable is out") as raised:
            await camera.stage()
        assert raised.value is error
        await camera.unstage()

    run_async(main)
