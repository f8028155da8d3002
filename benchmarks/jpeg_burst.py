"""A burst of large frames into JPEG files: ours, in as many threads as there are processors, against Pillow in a loop.

The frames are what a camera sees of a beam: a smooth blob with the noise of photons. `bursts` says what is timed.
"""

import time
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from framestore.acquisition import Acquisition
from framestore.formats import JPEG

from .bursts import frames_a_second, removed, speed, take
from .ring import Ring, RingSource
from .rows import Row, Sample, at_least
from .scratch import scratch

_FRAMES = 60
_SHAPE = (2048, 2048)
_RING = 5
"""Frames that are handed out over and over, a divisor of the burst."""
_QUALITY = 90
_SUBSAMPLING = "4:4:4"
_NAME = "burst_{:06d}.jpg"


def _beam() -> Ring:
    """Frames of uint8; the same ones each time."""
    y, x = np.ogrid[: _SHAPE[0], : _SHAPE[1]]
    blob = 20 + 180 * np.exp(-((x - 900) ** 2 + (y - 1100) ** 2) / (2 * 400**2))
    random = np.random.default_rng(1)
    return [np.clip(random.poisson(blob), 0, 255).astype(np.uint8) for _ in range(_RING)]


def _save(frame: np.ndarray, file: Path | BytesIO) -> None:
    Image.fromarray(frame).save(file, "JPEG", quality=_QUALITY, subsampling=_SUBSAMPLING)


def _ours(acquisition: Acquisition, ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    take(acquisition, path, _FRAMES)
    seconds = time.perf_counter() - start
    _check(ring, path)
    return seconds


def _pillow(ring: Ring, path: Path) -> float:
    start = time.perf_counter()
    for number in range(_FRAMES):
        _save(ring[number % len(ring)], path.with_name(path.name.format(number)))
    seconds = time.perf_counter() - start
    _check(ring, path)
    return seconds


def _check(ring: Ring, path: Path) -> None:
    """The files are those of the burst, and hold the pixels that Pillow reads of its own; they are removed."""
    expected: list[np.ndarray] = []
    for frame in ring:
        _save(frame, file := BytesIO())
        expected.append(np.asarray(Image.open(file)))
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [path.name.format(number) for number in range(_FRAMES)], f"{files}"
    for number, file in enumerate(files):
        with Image.open(file, formats=["JPEG"]) as image:
            assert np.array_equal(np.asarray(image), expected[number % len(ring)]), f"{file} holds other pixels"
        file.unlink()


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    ring = _beam()
    format = JPEG(quality=_QUALITY, subsampling=_SUBSAMPLING)  # noqa: A001 - as in the package
    acquisition = Acquisition(RingSource(ring), format, camera="benchmark", statistics=())
    with scratch(2 * _FRAMES * ring[0].nbytes) as folder, closing(acquisition):
        acquisition.start()
        yield {
            "ours": partial(removed, partial(_ours, acquisition), ring, folder / _NAME, _FRAMES),
            "baseline": partial(removed, _pillow, ring, folder / _NAME, _FRAMES),
        }


ROWS = (
    Row(
        name="jpeg-burst",
        measures=f"speed of a burst of 2048x2048 uint8, JPEG of quality {_QUALITY}",
        baseline="Pillow's Image.save in one thread",
        work=f"burst of {_FRAMES} frames",
        goal=at_least(1.7),
        contenders=_contenders,
        ratio=speed,
        detail=partial(frames_a_second, _FRAMES),
    ),
)
