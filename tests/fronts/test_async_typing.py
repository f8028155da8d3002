"""What a strict type checker says of scripts that use an ophyd-async camera."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
from pathlib import Path
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
from bluesky.protocols import (
    Collectable, Flyable, HasHints, Pausable, Preparable, Readable, Stageable, Stoppable, Triggerable,
    WritesStreamAssets,
)
from bluesky.run_engine import RunEngine
from bluesky.utils import MsgGenerator
from numpy.typing import NDArray
from ophyd_async.core import SignalR, SignalRW, StandardDetector, TriggerInfo, init_devices
from ophyd_async.core import StaticPathProvider as TheirPathProvider
from ophyd_async.core import UUIDFilenameProvider as TheirFilenameProvider

from framestore import ROI
from framestore.formats import HDF5
from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import SimulatedSource


def grab() -> NDArray[np.uint8]:
    return np.zeros((3, 4), "u1")


RE = RunEngine()
with init_devices():
    camera = Camera(grab, StaticPathProvider(UUIDFilenameProvider(), "/data"))
    other = Camera(
        SimulatedSource((3, 4)),
        TheirPathProvider(TheirFilenameProvider(), Path("/data")),
        format=HDF5(),
        rois={"spot": ROI(x=0, y=0, width=1, height=1), "edge": (1, 2, 3, 4)},
    )

detector: StandardDetector = camera
protocols: tuple[
    Readable[Any], Flyable, Collectable, Preparable, HasHints, WritesStreamAssets, Pausable, Stoppable, Stageable,
    Triggerable,
] = (camera, camera, camera, camera, camera, camera, camera, camera, camera, camera)
exposure: SignalRW[float] = camera.exposure_time
pixel_format: SignalRW[str] = camera.pixel_format
frames: SignalRW[int] = camera.frames_per_point
written: SignalR[int] = camera.frames_written
mean: SignalR[float] = camera.mean


class MyCamera(Camera):
    offset: SignalRW[int]


def plan() -> MsgGenerator[None]:
    yield from bps.mv(camera.exposure_time, 0.5)
    yield from bps.prepare(camera, TriggerInfo(number_of_events=3), wait=True)
    yield from bp.count([camera, other], 2)


async def main() -> None:
    await camera.stage()
    await camera.prepare(5)
    await camera.kickoff()
    await camera.complete()
    async for name, document in camera.collect_asset_docs():
        print(name, document)
    await camera.exposure_time.set(await camera.mean.get_value())
    await camera.stop(success=True)
    await camera.unstage()
    camera.timeout = 3.0
"""
WRONG = """
names: SignalRW[str] = camera.frames_per_point
Camera("a camera", lambda datakey_name=None: None)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("script", "errors"), [(SCRIPT, 0), (SCRIPT + WRONG, 2)], ids=["right", "wrong"])
def test_a_script_of_a_user(tmp_path, script, errors):
    (tmp_path / "script.py").write_text(script)
    bluesky_s_own = {"reportUnknownMemberType": False}
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": sys.path, **bluesky_s_own})
    )
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = [one for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]
    assert len({one["range"]["start"]["line"] for one in found}) == errors, [one["message"] for one in found]
