"""The child process of test_a_day: it takes points, and prints what it holds on to, a line of JSON a look.

``python process.py points FOLDER EARLY LATE``: one run of LATE points of two cameras, looked at after points EARLY and
LATE. ``python process.py stagings FOLDER EARLY LATE``: the same with LATE runs, of two points of one camera each.
"""

import gc
import itertools
import json
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
from bluesky import RunEngine
from bluesky.plan_stubs import one_shot
from bluesky.plans import count

from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import CallableSource


def camera(folder, name):
    """The first pixel of its frame k is k."""
    frame = np.zeros((64, 64), "uint16")
    numbers = itertools.count()

    def grab():
        frame[0, 0] = next(numbers)
        return frame

    provider = StaticPathProvider(UUIDFilenameProvider(), folder / name)
    source = CallableSource(grab, frame.shape, frame.dtype)
    return Camera(source, provider, format="hdf5", documents="stream", name=name)


def look():
    gc.collect()
    process = psutil.Process()
    held = {
        "memory": process.memory_info().rss,
        "threads": threading.active_count(),
        "descriptors": process.num_fds(),
    }
    print(json.dumps(held), flush=True)


def points(folder, looks):
    taken = itertools.count(1)

    def shot(detectors):
        yield from one_shot(detectors)
        if next(taken) in looks:
            look()

    cameras = [camera(folder, name) for name in ("first", "second")]
    RunEngine()(count(cameras, looks[-1], per_shot=shot))


def stagings(folder, looks):
    run_engine = RunEngine()
    device = camera(folder, "first")
    for staging in range(1, looks[-1] + 1):
        run_engine(count([device], 2))
        if staging in looks:
            look()


if __name__ == "__main__":
    work, folder, *looks = sys.argv[1:]
    {"points": points, "stagings": stagings}[work](Path(folder), [int(look) for look in looks])
