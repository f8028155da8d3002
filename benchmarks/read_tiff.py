"""A run out of a series of TIFF files: ours, as one numpy array, against area-detector-handlers, point by point."""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import framestore_handlers
import numpy as np
import tifffile
from area_detector_handlers.handlers import AreaDetectorTiffHandler
from numpy.typing import NDArray

from .bursts import frames_a_second, speed
from .ring import Ring, noise
from .rows import Row, Sample, at_least
from .runs import KEY, Documents, datums
from .scratch import scratch

_FRAMES = 200
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILE_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * 2
_TEMPLATE = "%s%s_%6.6d.tiff"
_KWARGS = {"template": _TEMPLATE, "filename": "camera", "frame_per_point": 1}


def _ours(documents: Documents) -> NDArray[Any]:
    return framestore_handlers.load(documents)["primary"].read(KEY)


def _theirs(folder: Path) -> NDArray[Any]:
    handler = AreaDetectorTiffHandler(str(folder), _TEMPLATE, "camera", 1)
    return np.stack([handler(number) for number in range(_FRAMES)])


def _sample(read: Callable[[], NDArray[Any]], ring: Ring) -> float:
    start = time.perf_counter()
    frames = read()
    seconds = time.perf_counter() - start
    for number, frame in enumerate(frames):
        assert np.array_equal(frame[0], ring[number % len(ring)]), f"frame {number} is another"
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, np.uint16)
    with scratch(_FILE_BYTES) as folder:
        for number in range(_FRAMES):
            tifffile.imwrite(_TEMPLATE % (f"{folder}/", "camera", number), ring[number % len(ring)])
        documents = datums("AD_TIFF", folder, ring, _FRAMES, _KWARGS)
        yield {
            "ours": partial(_sample, partial(_ours, documents), ring),
            "baseline": partial(_sample, partial(_theirs, folder), ring),
        }


ROWS = (
    Row(
        name="read-tiff",
        measures=f"speed of load() and read() of {_FRAMES} TIFF files of 1024x1024 uint16",
        baseline="the handler of area-detector-handlers",
        work=f"run of {_FRAMES} files",
        goal=at_least(1.15),
        contenders=_contenders,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    ),
)
