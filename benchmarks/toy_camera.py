"""What a camera adds to each point of ``count``: ours against the toy camera that people begin with.

The toy starts a thread a point, and that thread saves a JPEG by Pillow, as in ophyd's tutorial on array detectors
without EPICS. Both get the same frames of noise, which are ready in memory, and tell of them in Resource and Datum;
as JPEG, both store the same pixels. Ours also computes its statistics. `points` says what is timed.
"""

import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from bluesky import RunEngine
from numpy.typing import NDArray
from ophyd import Component, Device, DeviceStatus, Signal
from ophyd.areadetector.filestore_mixins import resource_factory
from PIL import Image

from framestore import paths
from framestore.formats import Format, chosen
from framestore.formats.jpeg import JPEG
from framestore.ophyd import Camera
from framestore.sources import CallableSource

from .points import POINTS, Trivial, check_hdf5, detail, ratio, seconds_per_point
from .ring import RingFunction, noise
from .rows import Row, Sample, at_most
from .scratch import scratch

_SHAPE = (512, 512)
_FRAMES_BYTES = POINTS * _SHAPE[0] * _SHAPE[1]
"""What the frames of a run take, bytes."""
_RING = 8
"""Frames that are handed out over and over."""
_AS_PILLOW_BY_DEFAULT = JPEG(quality=75, subsampling="4:2:0")

Array = NDArray[np.uint8]


class ToyImage(Signal):
    """The datum id of the image that was saved last."""

    frame_shape: tuple[int, ...] = ()

    def describe(self) -> dict[str, dict[str, Any]]:
        """Data key of an image in a file."""
        described: dict[str, dict[str, Any]] = super().describe()
        described[self.name] |= {"dtype": "array", "shape": list(self.frame_shape), "external": "FILESTORE:"}
        return described


class ToyCamera(Device):
    """A thread and a JPEG a point."""

    image = Component(ToyImage, value="", kind="normal")

    def __init__(self, grab: Callable[[], Array], folder: Path, *, name: str) -> None:
        super().__init__(name=name)
        self._grab = grab
        self._folder = folder
        self._busy = threading.Lock()
        self._documents: list[tuple[str, dict[str, Any]]] = []
        self._template = ""
        self._numbers: Iterator[int] = iter(())
        self._new_datum: Callable[[dict[str, Any]], dict[str, Any]]

    def stage(self) -> list[object]:
        """Begin a series of files."""
        self._template = f"images/{uuid4()}_%d.jpg"
        resource, self._new_datum = resource_factory("TOY_JPEG", self._folder, self._template, {}, "posix")
        self._documents.append(("resource", resource))
        self._numbers = itertools.count()
        return super().stage()

    def unstage(self) -> list[object]:
        """Forget what was not collected."""
        self._documents.clear()
        return super().unstage()

    def trigger(self) -> DeviceStatus:
        """Save a frame on a thread of its own."""
        status = DeviceStatus(self)
        threading.Thread(target=self._take, args=(status, next(self._numbers))).start()
        return status

    def collect_asset_docs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Hand out the documents that have come together."""
        yield from self._documents
        self._documents.clear()

    def _take(self, status: DeviceStatus, number: int) -> None:
        if not self._busy.acquire(timeout=0):
            status.set_exception(RuntimeError(f"{self.name} was triggered while it takes an image"))
            return
        try:
            self._save(number)
        except Exception as error:  # noqa: BLE001 - fails the point
            self._busy.release()
            status.set_exception(error)
        else:
            self._busy.release()  # the next trigger may come as soon as the Status is done
            status.set_finished()

    def _save(self, number: int) -> None:
        frame = self._grab()
        path = self._folder / (self._template % number)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(frame).save(path)
        self.image.frame_shape = frame.shape
        datum = self._new_datum({"index": number})
        self._documents.append(("datum", datum))
        self.image.set(datum["datum_id"]).wait()


def _decoded(frame: Array) -> Array:
    """What is left of a frame that Pillow saved as JPEG with its default settings."""
    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG")
    return np.asarray(Image.open(file))


def _check_jpeg(folder: Path, ring: Sequence[Array]) -> None:
    """Remove all files in ``folder``: a JPEG a point, of the frames of ``ring`` over and over."""
    expected = [_decoded(frame) for frame in ring]
    files = [(int(path.stem.rpartition("_")[2]), path) for path in folder.rglob("*.*")]
    numbers = sorted(number for number, _ in files)
    assert numbers == list(range(POINTS)), f"{folder} held files number {numbers}"
    for number, path in files:
        with Image.open(path, formats=["JPEG"]) as image:
            pixels = np.asarray(image)
        assert np.array_equal(pixels, expected[number % len(ring)]), f"{path} held other pixels"
        path.unlink()


def _written(
    run_engine: RunEngine,
    frames: RingFunction,
    detector: Any,
    folder: Path,
    check: Callable[[Path, Sequence[Array]], None],
) -> float:
    """Seconds a point; the files that came to be are right, and removed."""
    frames.start()
    seconds = seconds_per_point(run_engine, detector)
    check(folder, frames.ring)
    return seconds


@contextmanager
def _contenders(format: Format, check: Callable[[Path, Sequence[Array]], None]) -> Generator[Mapping[str, Sample]]:  # noqa: A002 - as in the package
    with scratch(_FRAMES_BYTES) as folder:
        run_engine = RunEngine()
        ours, theirs = folder / "ours", folder / "theirs"
        ours.mkdir()
        theirs.mkdir()
        frames = RingFunction(noise(_RING, _SHAPE, np.uint8))
        camera = Camera(
            CallableSource(frames, _SHAPE, np.uint8),
            paths.StaticPathProvider(paths.UUIDFilenameProvider(), ours),
            format=format,
            documents="datum",
        )
        toy = ToyCamera(frames, theirs, name="toy")
        yield {
            "trivial": partial(seconds_per_point, run_engine, Trivial()),
            "ours": partial(_written, run_engine, frames, camera, ours, check),
            "baseline": partial(_written, run_engine, frames, toy, theirs, _check_jpeg),
        }


def _row(name: str, title: str, format: Format, check: Callable[[Path, Sequence[Array]], None]) -> Row:  # noqa: A002 - as in the package
    return Row(
        name=name,
        measures=f"time a point adds to count, {title}, 512x512, all stats",
        baseline="a toy camera: a thread and a JPEG a point",
        work="point",
        goal=at_most(0.5),
        contenders=partial(_contenders, format, check),
        ratio=ratio,
        detail=detail,
    )


ROWS = (
    _row("toy-camera-hdf5", "HDF5", chosen("hdf5"), check_hdf5),
    _row("toy-camera-jpeg", "the same JPEG", _AS_PILLOW_BY_DEFAULT, _check_jpeg),
)
