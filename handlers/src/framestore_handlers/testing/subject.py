"""What the tests of a handler have in common: what its implementer says, and how frames are compared."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

FRAMES = 6
"""In the files that are written."""

Write = Callable[..., "WrittenFrames"]
"""Writes files; see `HandlerSubject.written`."""


@dataclass(kw_only=True, slots=True)
class WrittenFrames:
    """Files with frames that are known."""

    folder: Path
    """Folder of all of them."""
    path: Path
    """What the handler is made of."""
    kwargs: dict[str, Any]
    """And with."""
    frames: NDArray[Any]
    """What they hold: (frames, \\*frame shape)."""
    frames_per_point: int = 1
    """Frames in a point."""

    @property
    def points(self) -> NDArray[Any]:
        """The frames of each point: (points, frames, \\*frame shape)."""
        return self.frames.reshape(-1, self.frames_per_point, *self.frames.shape[1:])

    def files(self) -> list[Path]:
        """All files below the folder."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


class HandlerSubject:
    """A handler, and files that it reads."""

    handler: ClassVar[Callable[..., Any]]
    """The class."""
    shape: ClassVar[tuple[int, ...]] = (6, 9)
    """Of the frames that are written."""
    dtype: ClassVar[str] = "uint16"
    """Of them."""
    loss: ClassVar[float] = 0
    """By how much a pixel may differ when it is read, where the format is lossy. Known frames are smooth."""
    frames_per_point: ClassVar[tuple[int, ...]] = (1, 3)
    """Of those that are written; ``(1,)`` for a handler that knows no bursts."""
    lazy: ClassVar[bool] = True
    """Whether a point is a dask array; False where it is one of numpy."""
    processes: ClassVar[bool] = True
    """Whether blocks are computed in another process, too, which has to import the handler's module by its name."""

    def write(self, folder: Path, frames: NDArray[Any], frames_per_point: int) -> tuple[Path, dict[str, Any]]:
        """Write files that hold some frames and no others; by other means than the handler, where there are any.

        Parameters
        ----------
        folder
            An empty folder for them.
        frames
            (frames, \\*shape), of ``dtype``.
        frames_per_point
            Frames in a point, where the files have to know it.

        Returns
        -------
        tuple[Path, dict]
            What the handler is made of: the file or the folder, and keyword arguments but for ``frame_per_point``.
        """
        raise NotImplementedError

    @pytest.fixture
    def written(self, tmp_path: Path) -> Write:
        """Writes files: ``written(frames_per_point=1)``."""

        def written(frames_per_point: int = 1) -> WrittenFrames:
            return self.write_known(tmp_path / "frames", frames_per_point)

        return written

    def write_known(self, folder: Path, frames_per_point: int = 1, version: int = 0) -> WrittenFrames:
        """Write files with the known frames; what was in the folder before is gone."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        frames = np.array([self.known(k, version) for k in range(FRAMES)])
        path, kwargs = self.write(folder, frames.copy(), frames_per_point)
        return WrittenFrames(folder=folder, path=path, kwargs=kwargs, frames=frames, frames_per_point=frames_per_point)

    def known(self, k: int, version: int = 0) -> NDArray[Any]:
        """Frame ``k``: a slope, each of another height. The other version, 1, has no frame of version 0."""
        slope = np.indices(self.shape).sum(0) % 16
        height = 8 * (2 * (FRAMES - 1 - k) + 1 if version else 2 * k)
        dtype = np.dtype(self.dtype)
        if dtype.kind == "b":
            return np.random.default_rng((k, version)).integers(0, 2, self.shape).astype(dtype)
        return ((slope + height) * (257 if dtype.itemsize > 1 and dtype.kind in "iu" else 1)).astype(dtype)

    def made(self, written: WrittenFrames, path: Path | None = None, frames: int | None = None) -> Any:
        """A handler of files, as ``Filler`` makes it."""
        handler, frames = type(self).handler, frames or written.frames_per_point
        kwargs = written.kwargs | ({"frame_per_point": frames} if self.frames_per_point != (1,) else {})
        return handler(str(path or written.path), **kwargs)

    def computed(self, point: Any) -> NDArray[Any]:
        """What a handler gave, in memory."""
        return np.asarray(point.compute(scheduler="synchronous") if self.lazy else point)

    def check_points(self, handler: Any, written: WrittenFrames, numbers: list[int]) -> None:
        """Fail unless a handler gives points as they were written."""
        for number in numbers:
            self.check(handler(point_number=number), written.points[number], f"point {number}")

    def check(self, point: Any, expected: NDArray[Any], what: str) -> None:
        """Fail unless these are those frames, with all bits; of a lossy format, nearly."""
        native = expected.dtype.newbyteorder("=")
        for found, when in ((point, "before it is computed"), (self.computed(point), "when it is computed")):
            assert found.shape == expected.shape, f"{what} is {found.shape} {when}, expected {expected.shape}"
            dtype = np.dtype(found.dtype)
            assert dtype.newbyteorder("=") == native, f"{what} is {dtype} {when}, expected {expected.dtype}"
        self.check_pixels(self.computed(point), expected, what)

    def check_pixels(self, found: NDArray[Any], expected: NDArray[Any], what: str) -> None:
        """Fail unless the pixels are equal; of a lossy format, nearly."""
        off = np.abs(found.astype("f8") - expected.astype("f8")).max(initial=0)
        assert off <= self.loss, f"{what} has other pixels than were written: off by {off:g}, at most {self.loss:g}"

    def check_refused(
        self, files: WrittenFrames, number: int, error: type[Exception] | tuple[type[Exception], ...], frames: int = 1
    ) -> None:
        """Fail unless a point raises an error that names its files, when it is asked for or when it is computed."""
        try:
            found = self.computed(self.made(files, frames=frames)(point_number=number))
        except error as caught:
            self.check_named(files, caught)
        else:
            pytest.fail(f"point {number} with {frames} frames a point is {found.shape}; there are {FRAMES} frames")

    def check_named(self, files: WrittenFrames, error: BaseException) -> None:
        """Fail unless an error names files."""
        assert str(files.folder) in str(error), f"the error does not name the file: {type(error).__name__}: {error}"
