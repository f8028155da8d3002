"""Every event of a run filled by event-model's Filler: our handler against that of area-detector-handlers."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import event_model
import numpy as np
from area_detector_handlers.handlers import AreaDetectorHDF5Handler
from framestore_handlers.hdf5 import HDF5Handler

from .bursts import frames_a_second, speed
from .ring import Ring, noise
from .rows import Row, Sample, at_least
from .runs import KEY, Documents, datums, write_hdf5
from .scratch import scratch

_FRAMES = 500
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILE_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * 2


def _filled(handler: Any, documents: Documents, ring: Ring) -> float:
    """What the handler gives is lazy in both: its pixels are taken."""
    seconds, events = 0.0, 0
    with event_model.Filler({"AD_HDF5": handler}, inplace=False) as filler:
        for name, document in documents:
            start = time.perf_counter()
            _, filled = filler(name, document)
            pixels = np.asarray(filled["data"][KEY]) if name == "event" else None
            seconds += time.perf_counter() - start
            if pixels is not None:
                assert np.array_equal(pixels[0], ring[events % len(ring)]), f"event {events} has another frame"
                events += 1
    assert events == _FRAMES, f"{events} events were filled"
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, np.uint16)
    with scratch(_FILE_BYTES) as folder:
        path = folder / "run.h5"
        write_hdf5(path, ring, _FRAMES)
        documents = datums("AD_HDF5", path, ring, _FRAMES, {"frame_per_point": 1})
        handlers = {"ours": HDF5Handler, "baseline": AreaDetectorHDF5Handler}
        yield {name: partial(_filled, handler, documents, ring) for name, handler in handlers.items()}


ROWS = (
    Row(
        name="read-filler",
        measures=f"speed of event-model's Filler over {_FRAMES} events of 1024x1024 uint16",
        baseline="the handler of area-detector-handlers",
        work=f"run of {_FRAMES} events",
        goal=at_least(2),
        contenders=_contenders,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
        rounds=5,
    ),
)
