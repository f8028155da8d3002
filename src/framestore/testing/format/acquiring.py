"""Frames of a camera go into files, by an acquisition."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from framestore.acquisition import Acquisition, Order
from framestore.formats import Format
from framestore.frame import FrameInfo
from framestore.testing.round_trip import acquire

from .frames import Form, GivenFrames
from .subject import NAME, FormatSubject
from .written import Row, StoredFrames

_POINTS = 4

Array = NDArray[Any]

KINDS: dict[str, Callable[[Array], Array]] = {
    "in columns": lambda array: np.array(array, order="F"),
    "every second pixel": lambda array: np.repeat(np.repeat(array, 2, 0), 2, 1)[::2, ::2],
    "upside down": lambda array: array[::-1].copy()[::-1],
    "mirrored": lambda array: array[:, ::-1].copy()[:, ::-1],
    "transposed": lambda array: array.swapaxes(0, 1).copy().swapaxes(0, 1),
    "read-only": lambda array: _read_only(array.copy()),
    "one value": lambda array: np.broadcast_to(array[:1, :1], array.shape),
}
"""How arrays of drivers and of numpy lie in memory."""


class AcquisitionTests(FormatSubject):
    """A format between the threads that read, encode and write."""

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    @pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
    def test_an_acquisition_writes_frames(
        self, settings: Format, tmp_path: Path, frames_per_point: int, *, colour: bool
    ) -> None:
        """Of all dtypes that it holds; they come back by the independent reader, and by ``load``."""
        for dtype in self.colour_dtypes if colour else self.dtypes:
            form = Form(shape=(6, 9, 3) if colour else (6, 9), dtype=np.dtype(dtype))
            arrays = [form.frame(k, smooth=settings.lossy) for k in range(_POINTS * frames_per_point)]
            folder = tmp_path / dtype.replace(">", "big-endian ")
            stored = self._acquired(settings, folder, form, arrays, frames_per_point)
            self.check_file(stored, f"{_POINTS} points")
            self.check_loaded(stored)
            if self.read_info(stored.path) is not None:
                self.check_numbers(stored)

    @pytest.mark.parametrize("refilled", [True, False], ids=["buffers are refilled", "arrays stay"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_an_acquisition_writes_arrays(self, settings: Format, tmp_path: Path, kind: str, *, refilled: bool) -> None:
        """However they lie in memory."""
        shapes = [(6, 9)] * bool(self.dtypes) + [(6, 9, 3)] * bool(self.colour_dtypes)
        for shape in shapes:
            form = Form(shape=shape, dtype=np.dtype(self.dtypes[0] if len(shape) == 2 else self.colour_dtypes[0]))
            arrays = [KINDS[kind](form.frame(k, smooth=settings.lossy)) for k in range(_POINTS)]
            stored = self._acquired(settings, tmp_path / str(shape), form, arrays, refilled=refilled)
            self.check_file(stored, f"{_POINTS} arrays, {kind},")

    def test_an_acquisition_takes_frames_back(self, settings: Format, tmp_path: Path) -> None:
        """Those of the last point, and others come in their place."""
        form = self.form()
        arrays = [form.frame(k, smooth=settings.lossy) for k in range(6)]
        acquisition = Acquisition(GivenFrames(arrays), settings, camera="conformance")
        path = self.path(tmp_path / "frames", settings)
        stored = self._stored(settings, path, form, arrays)
        try:
            acquisition.start()
            acquisition.open(path)
            for frames in (2, 2):
                _take(acquisition, frames)
            acquisition.placing.take_back(2)
            _take(acquisition, 2)
            assert acquisition.frames_written == 4, f"{acquisition.frames_written} frames are written, expected 4"
        finally:
            acquisition.close()
        del stored.rows[2:4]
        self.check_file(stored)
        self.check_loaded(stored)

    def _acquired(
        self,
        settings: Format,
        folder: Path,
        form: Form,
        arrays: list[Array],
        frames_per_point: int = 1,
        *,
        refilled: bool = True,
    ) -> StoredFrames:
        """Have an acquisition write arrays."""
        path = self.path(folder, settings)
        stored = self._stored(settings, path, form, arrays)
        source = GivenFrames(arrays, reuses_buffers=refilled)
        points = (frames_per_point,) * (len(arrays) // frames_per_point)
        acquire(source, settings, path, points, 10, rest=0, frames_per_point=frames_per_point)
        stored.frames_per_point = frames_per_point
        return stored

    def _stored(self, settings: Format, path: Path, form: Form, arrays: list[Array]) -> StoredFrames:
        """What is to be found in a file of these arrays, as they are now."""
        stored = StoredFrames(settings=settings, path=path, form=form, name=NAME)
        for array, (frame_id, timestamp) in zip(arrays, GivenFrames(arrays).numbers, strict=True):
            info = FrameInfo(frame_id=frame_id, timestamp=timestamp, exposure_time=GivenFrames.exposure_time)
            stored.rows.append(Row(array.copy(), info))
        return stored


def _take(acquisition: Acquisition, frames: int) -> None:
    errors: list[Exception | None] = []
    order = Order(frames, on_end=errors.append)
    acquisition.arm(order)
    assert order.ended.wait(20), f"{frames} frames were not written within 20 s"
    assert errors == [None], f"{frames} frames were not written: {errors[0]!r}"


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array
