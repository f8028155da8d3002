"""Processes with an ophyd-async camera: Ctrl-C, and their end."""

import json
import subprocess
import sys

import h5py
import pytest

SCAN = """
import json, os, signal, sys, threading
import bluesky.plans as bp, numpy as np
from bluesky import RunEngine
from bluesky.utils import RunEngineInterrupted
from ophyd_async.core import init_devices
from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider

count, fifth, going_on = 0, threading.Event(), threading.Event()

def grab():
    global count
    count += 1
    if count == 6:  # the first finds out the shape
        fifth.set()
        going_on.wait(30)
    return np.full((4, 4), count, "u2")

def interrupt():
    fifth.wait(30)
    os.kill(os.getpid(), signal.SIGINT)  # defers to the next checkpoint
    going_on.set()

RE = RunEngine()
with init_devices():
    camera = Camera(grab, StaticPathProvider(UUIDFilenameProvider(), sys.argv[1]))
documents = []
threading.Thread(target=interrupt, daemon=True).start()
try:
    RE(bp.count([camera], 1000000), lambda *pair: documents.append(pair))
except RunEngineInterrupted:
    pass
"""
AFTER = {"abort": "RE.abort()", "exit while it is staged": ""}


@pytest.mark.parametrize("after", [pytest.param("abort", marks=pytest.mark.slow), "exit while it is staged"])
def test_ctrl_c_in_a_plan(tmp_path, after):
    """As many rows in the file as events; a process that ends while the camera is staged closes it, too."""
    code = f"{SCAN}{AFTER[after]}\nprint(json.dumps([sum(name == 'event' for name, _ in documents), RE.state]))"
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    events, state = json.loads(done.stdout.splitlines()[-1])
    assert state == ("idle" if after == "abort" else "paused")
    (path,) = tmp_path.glob("*.h5")
    with h5py.File(path) as file:  # opens plainly: it was closed
        frames = file["entry/data/data"][:, 0, 0].tolist()
    assert events >= 4
    assert events <= len(frames) <= events + 1
    assert ("Traceback" in done.stderr) == (after == "abort"), done.stderr  # bluesky logs an abort


KILLED = """
import asyncio, sys, os, signal
import numpy as np
from framestore.ophyd_async import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider

async def main():
    where = StaticPathProvider(UUIDFilenameProvider(), sys.argv[1])
    camera = Camera(lambda: np.ones((4, 4), "u2"), where, name="camera")
    await camera.connect()
    await camera.stage()
    for _ in range(3):
        await camera.trigger()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.slow
def test_what_was_told_survives_a_kill(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], capture_output=True, timeout=60, check=False)
    assert done.returncode == -9, done.stderr.decode()
    (path,) = tmp_path.glob("*.h5")
    with h5py.File(path, "r", swmr=True) as file:
        assert file["entry/data/data"].shape[0] == 3


@pytest.mark.slow
def test_the_process_exits_without_unstage(tmp_path):
    code = KILLED.replace("os.kill(os.getpid(), signal.SIGKILL)", "print('left')")
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, [b"left"]), done.stderr.decode()
    (path,) = tmp_path.glob("*.h5")
    with h5py.File(path) as file:
        assert file["entry/data/data"].shape[0] == 3
