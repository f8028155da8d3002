"""Numbers of a scan over a grid, as a map; of a scan that has all its points."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np
from framestore_handlers import Run
from numpy.typing import NDArray

from .devices import Device
from .scanned import dimensions
from .values import subgroup
from .written import Written

_RECTILINEAR = "rectilinear"
"""What bluesky's hints call a grid with axes; plans of lists of positions say nothing, and are one."""
_MOST_TURNING = 4
"""Dimensions, from the slowest on, that may snake where nobody says."""


def write_grid(entry: Any, run: Run, stream: Written, devices: Mapping[str, Device], signal: str | None) -> bool:
    """``grid``, the numbers that detectors hint at by the positions of the motors; False where there is no whole grid.

    Where they hint at none, it is the number that is shown of the stream. The axes are where the motors were, mean over
    the rows and columns.
    """
    along = [keys[0] for keys in dimensions(run, stream.stream.name, devices)]
    hinted = [key for device in devices.values() for key in device.hints if key not in along]
    numbers = [key for key in hinted or [signal] if key is not None and stream.is_number(key)]
    shape = _shape_of(run, stream, [*along, *numbers], len(along)) if numbers else None
    positions = [stream.dataset(key)[()] for key in along] if shape else []
    found = _places_by(positions, shape, run.start.get("snaking")) if shape else None
    if found is None:
        return False
    places, axes = found
    grid = subgroup(entry, "grid", "NXdata", signal=stream.name(numbers[0]), axes=[stream.name(key) for key in along])
    if numbers[1:]:
        grid.attrs["auxiliary_signals"] = [stream.name(key) for key in numbers[1:]]
    for number, key in enumerate(along):
        grid.attrs[f"{stream.name(key)}_indices"] = number
    values = dict(zip(along, axes, strict=True)) | {key: stream.dataset(key)[()][places] for key in numbers}
    for key, value in values.items():
        _write(grid, stream, key, value)
    return True


def _write(grid: Any, stream: Written, key: str, value: Any) -> None:
    """A value, described as that of the stream is."""
    name, said = stream.name(key), stream.dataset(key).attrs
    grid[name] = value
    for attribute in ("name", "units", "long_name"):
        if attribute in said:
            grid[name].attrs[attribute] = said[attribute]


def _shape_of(run: Run, stream: Written, keys: Sequence[str], count: int) -> tuple[int, ...] | None:
    """Shape of the grid, of so many dimensions; None where it is none, or not each event has just one of all values."""
    shape = _shape(run, count)
    if shape is None or not all(stream.is_number(key) for key in keys):
        return None
    expected = prod(shape)
    for key in keys:
        seq_nums = stream.seq_nums(key)
        if len(seq_nums) != expected or not np.array_equal(seq_nums, np.arange(1, expected + 1)):
            return None
    return shape


def _places_by(
    positions: Sequence[NDArray[Any]], shape: tuple[int, ...], snaking: Any
) -> tuple[NDArray[np.intp], list[NDArray[np.float64]]] | None:
    """Which event is at each place of the grid, and where its axes are; None where the motors did not go that way.

    Plans of lists of positions do not say which dimensions snake: the motors do.
    """
    is_told = isinstance(snaking, list | tuple) and len(snaking) == len(shape)
    turns = [tuple(map(bool, snaking))] if is_told else product((False, True), repeat=min(len(shape), _MOST_TURNING))
    for snakes in turns:
        places = _places(shape, snakes)
        axes = [_axis(found[places], number) for number, found in enumerate(positions)]
        if all(axis is not None for axis in axes):
            return places, [axis for axis in axes if axis is not None]
    return None


def _shape(run: Run, count: int) -> tuple[int, ...] | None:
    """Points of the grid along each of its dimensions, so many; None of what is no grid."""
    hints, shape = run.start.get("hints"), run.start.get("shape")
    gridding = hints.get("gridding", _RECTILINEAR) if isinstance(hints, Mapping) else None
    if gridding != _RECTILINEAR or not isinstance(shape, list | tuple):
        return None
    is_one = len(shape) == count >= 2 and all(isinstance(points, int) and points >= 1 for points in shape)
    return tuple(shape) if is_one else None


def _places(shape: tuple[int, ...], snakes: Sequence[bool]) -> NDArray[np.intp]:
    """Which point of the scan is at each place of the grid: every second row goes back, in dimensions that snake.

    A dimension that snakes turns about whenever one of the slower ones has moved on.
    """
    snakes = [*snakes, *(False for _ in shape[len(snakes) :])]
    points = np.unravel_index(np.arange(np.prod(shape)), shape)
    passed = np.zeros(len(points[0]), np.intp)  # how often the faster dimensions have begun anew
    where: list[NDArray[np.intp]] = []
    for place, count, turns in zip(points, shape, snakes, strict=True):
        where.append(np.where(turns & (passed % 2 == 1), count - 1 - place, place))
        passed = passed * count + place
    found = np.empty(shape, np.intp)
    found[tuple(where)] = np.arange(len(passed))
    return found


def _axis(positions: NDArray[Any], axis: int) -> NDArray[np.float64] | None:
    """Where a motor was along its dimension of the grid; None where it did not go that way."""
    along = np.moveaxis(positions.astype(np.float64), axis, 0).reshape(positions.shape[axis], -1)
    mean = along.mean(axis=1)
    steps = np.diff(mean)
    spread = np.abs(along - mean[:, np.newaxis]).max()
    is_axis = bool(np.all(np.isfinite(mean))) and (np.all(steps > 0) or np.all(steps < 0))
    return mean if is_axis and (not len(steps) or spread < np.abs(steps).min() / 2) else None
