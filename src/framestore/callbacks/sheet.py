"""Thumbnails of a run on one sheet: as many as come, in as much memory as the sheet takes."""

from dataclasses import replace
from math import ceil, nan

import numpy as np
from framestore_handlers import Run
from numpy.typing import NDArray

from .arrangement import Arrangement, Strip, arrangement
from .brightness import limits, shrunk
from .image import Shot
from .picture import Axis, Picture
from .places import Places
from .titles import titled

_WIDEST = 1200
"""Pixels of all thumbnails along the longer side of the sheet, about."""
_GAP = 0.04
"""Between two thumbnails, in widths (or heights) of one."""
_TINY = 8
"""Pixels of a thumbnail that is smaller than its image, up to which there is nothing between them."""
_FIRST = 4
"""How many columns, and rows, a sheet has room for at first where nobody knows how many thumbnails come."""
_MOST = 1024
"""Thumbnails in a strip; of more events, every second is shown, then every fourth, and so on."""


class Sheet:
    """The thumbnails of one run.

    Parameters
    ----------
    run
        The run, as far as it has come, or one event of it.
    field
        Data key of the images.
    stream
        Where they are.
    """

    def __init__(self, run: Run, field: str, stream: str) -> None:
        self._start, self._field = run.start, field
        self._every = 1
        self._arrangement = self._fewer(arrangement(run, stream))
        self._images: dict[int, NDArray[np.float32]] = {}
        self._positions: dict[int, tuple[float, ...]] = {}
        self._across = self._arrangement.across() or (_FIRST, _FIRST)
        self._is_known = self._arrangement.across() is not None
        self._by = 0

    def __len__(self) -> int:
        """How many thumbnails there are."""
        return len(self._images)

    def put(self, shot: Shot) -> None:
        """Take the mean of an event's frames; it replaces that of the same number.

        Raises
        ------
        OSError
            When they cannot be read.
        ValueError
            When they are no image, or one of another shape than those before.
        """
        if (shot.seq_num - 1) % self._every:
            return
        image = shot.mean() if shot.count > 1 else shot.last()
        self._by = self._by or self._binning(image.shape)
        small = np.asarray(shrunk(image, self._by), np.float32)
        others = next(iter(self._images.values()), small)
        if others.shape != small.shape:
            msg = f"event {shot.seq_num}: its image of shape {image.shape} is not as large as those before"
            raise ValueError(msg)
        self._images[shot.seq_num] = small
        self._positions[shot.seq_num] = self._position(shot)
        self._make_room()

    def picture(self, *, whole: bool) -> Picture:
        """All thumbnails; with ``whole``, with room for those that are still to come."""
        numbers = sorted(self._images)
        positions = np.array([self._positions[number] for number in numbers], float).reshape(len(numbers), -1)
        x, y = self._arrangement.places(np.array(numbers), positions, whole=whole and self._is_known)
        pixels = self._canvas(numbers, x, y)
        low, high = limits(pixels)
        height, width = self._pitch()
        tall, wide = self._size()
        x_label, y_label = self._arrangement.labels
        shown = f"{len(numbers)} points" if self._every == 1 else f"every {self._every}. of {numbers[-1]} points"
        return Picture(
            pixels=pixels,
            low=low,
            high=high,
            title=titled(self._start, self._field),
            below=shown,
            x=_axis(x_label, x.ticks * width + (wide - 1) / 2, x.labels),
            y=_axis(y_label, (y.last - y.ticks) * height + (tall - 1) / 2, y.labels),
        )

    def _fewer(self, arranged: Arrangement) -> Arrangement:
        """Only as many events as can be seen."""
        if not isinstance(arranged, Strip):
            return arranged
        while arranged.points > _MOST * self._every:
            self._every *= 2
        return replace(arranged, points=ceil(arranged.points / self._every))

    def _position(self, shot: Shot) -> tuple[float, ...]:
        data = (shot.event or {}).get("data", {})
        return tuple(float(data.get(motor, nan)) for motor in self._arrangement.motors)

    def _binning(self, shape: tuple[int, ...]) -> int:
        """By how much each thumbnail is smaller than its image."""
        height, width = shape[:2]
        columns, rows = self._across
        return max(1, min(ceil(max(height * rows, width * columns) / _WIDEST), height, width))

    def _make_room(self) -> None:
        """Where more came than there is room for: smaller ones, or fewer."""
        columns, rows = self._across
        if len(self._images) > _MOST and isinstance(self._arrangement, Strip):
            self._every *= 2
            for number in [number for number in self._images if (number - 1) % self._every]:
                del self._images[number], self._positions[number]
        elif not self._is_known and len(self._images) > columns * rows:
            self._across = 2 * columns, 2 * rows
            by = 2 if min(self._size()) > 1 else 1
            self._by *= by
            self._images = {number: np.asarray(shrunk(image, by)) for number, image in self._images.items()}

    def _size(self) -> tuple[int, int]:
        """(height, width) of a thumbnail, pixels."""
        height, width, *_ = next(iter(self._images.values())).shape
        return height, width

    def _pitch(self) -> tuple[int, int]:
        """Pixels from one thumbnail to the next, down and to the right."""
        height, width = self._size()
        is_dense = self._by > 1 and min(height, width) <= _TINY
        gap = 0 if is_dense else _GAP
        return height + ceil(height * gap), width + ceil(width * gap)

    def _canvas(self, numbers: list[int], x: Places, y: Places) -> NDArray[np.float32]:
        """All thumbnails on one, (rows, columns) or (rows, columns, 3) counts, y up; NaN between them."""
        (height, width), (down, right) = self._size(), self._pitch()
        size = ceil(y.last * down) + height, ceil(x.last * right) + width
        canvas = np.full((*size, *next(iter(self._images.values())).shape[2:]), np.nan, np.float32)
        for row, number in enumerate(numbers):
            top, left = round((y.last - y.of_events[row]) * down), round(x.of_events[row] * right)
            above, before = max(top + height - down, 0), max(left + width - right, 0)
            canvas[above : top + down, before : left + right] = np.nan
            canvas[top : top + height, left : left + width] = self._images[number]
        return canvas


def _axis(label: str, places: NDArray[np.float64], labels: list[str]) -> Axis:
    return Axis(label=label, ticks=tuple(zip(places.tolist(), labels, strict=True)))
