"""Numbers of a scan over a grid, as a map; of a scan that has all its points."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from framestore_handlers import Run
from numpy.typing import NDArray

from .devices import Device
from .scanned import dimensions
from .values import subgroup
from .written import Written


def write_grid(entry: Any, run: Run, stream: Written, devices: Mapping[str, Device]) -> bool:
    """``grid``, the numbers that detectors hint at by the positions of the motors; False where there is no whole grid.

    The axes are where the motors were, mean over the rows and columns.
    """
    along = [keys[0] for keys in dimensions(run, stream.stream.name, devices)]
    shape = _shape(run, along)
    hinted = [key for device in devices.values() for key in device.hints if key not in along and stream.is_number(key)]
    if shape is None or not hinted or not all(stream.is_number(key) for key in along):
        return False
    places = _places(shape, run.start.get("snaking"))
    seq_nums = stream.seq_nums(hinted[0])
    if not np.array_equal(seq_nums, np.arange(1, places.size + 1)):
        return False
    axes = [_axis(stream.dataset(key)[()][places], number) for number, key in enumerate(along)]
    if any(axis is None for axis in axes):
        return False
    names = {key: stream.name(key) for key in (*along, *hinted)}
    grid = subgroup(entry, "grid", "NXdata", signal=names[hinted[0]], axes=[names[key] for key in along])
    if hinted[1:]:
        grid.attrs["auxiliary_signals"] = [names[key] for key in hinted[1:]]
    values = dict(zip(along, axes, strict=True)) | {key: stream.dataset(key)[()][places] for key in hinted}
    for key, value in values.items():
        grid[names[key]] = value
        for attribute in ("name", "units", "long_name"):
            if attribute in stream.dataset(key).attrs:
                grid[names[key]].attrs[attribute] = stream.dataset(key).attrs[attribute]
    for number, key in enumerate(along):
        grid.attrs[f"{names[key]}_indices"] = number
    return True


def _shape(run: Run, along: Sequence[str]) -> tuple[int, ...] | None:
    """Points of the grid along each of its dimensions; None of what is no grid."""
    hints, shape = run.start.get("hints"), run.start.get("shape")
    if not isinstance(hints, Mapping) or hints.get("gridding") != "rectilinear" or not isinstance(shape, list | tuple):
        return None
    return tuple(int(count) for count in shape) if len(shape) == len(along) >= 2 else None


def _places(shape: tuple[int, ...], snaking: Any) -> NDArray[np.intp]:
    """Which point of the scan is at each place of the grid: every second row goes back, in dimensions that snake.

    A dimension that snakes turns about whenever one of the slower ones has moved on.
    """
    snakes = [bool(said) for said in snaking] if isinstance(snaking, list | tuple) else []
    snakes += [False] * (len(shape) - len(snakes))
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
