"""The data keys of a stream beside each other, as an xarray Dataset."""

import warnings
from collections import Counter
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from .spans import Spans

if TYPE_CHECKING:
    import xarray


class Columns(Protocol):
    """What a table is made of: a `Stream`."""

    name: str

    @property
    def goes_on(self) -> bool:
        """Whether more may come."""
        ...

    @property
    def data_keys(self) -> dict[str, dict[str, Any]]:
        """Data key by name."""
        ...

    def spans(self, key: str) -> Spans:
        """The events that have a value of a data key, repeats included."""
        ...

    def select(self, key: str, events: Spans) -> tuple[Any, Any]:
        """The values of these events only; and when their frames were taken, or None."""
        ...

    def times(self, events: Spans) -> NDArray[np.float64]:
        """Time of each of these events."""
        ...

    def last_or_all(self, events: Spans) -> Spans:
        """Those that count, where a sequence number came several times."""
        ...


def table(stream: Columns, keys: list[str], *, timestamps: bool) -> "xarray.Dataset":
    """Make the Dataset; see `Stream.to_xarray`."""
    try:
        import xarray  # noqa: PLC0415 - optional, imported where it is used
    except ModuleNotFoundError as error:
        msg = "to_xarray() needs xarray: pip install 'framestore-handlers[xarray]'"
        raise ModuleNotFoundError(msg, name="xarray") from error
    events = _common(stream, keys)
    seq_nums = events.seq_nums(f"stream {stream.name!r}")
    selected = {key: stream.select(key, events) for key in keys}
    columns = {key: column for key, (column, _) in selected.items()}
    dims = _dims(stream, columns)
    data: dict[str, Any] = {key: (dims[key], column) for key, column in columns.items()}
    if timestamps:
        data |= _timestamps({key: taken for key, (_, taken) in selected.items() if taken is not None}, dims)
    times = stream.times(events)
    coords: dict[str, Any] = {_free("seq_num", keys): ("event", seq_nums)}
    if not np.isnan(times).all():
        coords[_free("time", keys)] = "event", times
    return xarray.Dataset(data, coords, {"stream": stream.name})


def _common(stream: Columns, keys: list[str]) -> Spans:
    """The events that every data key has."""
    each = [stream.spans(key) for key in keys]
    common = reduce(Spans.within, each) if each else Spans.of(np.array([], np.int64), np.array([], np.int64))
    longest = max((len(events) for events in each), default=0)
    if longest > len(common) and not stream.goes_on:
        message = f"stream {stream.name!r}: {longest - len(common)} of {longest} events are not complete, left out"
        warnings.warn(message, stacklevel=4)
    return stream.last_or_all(common)


def _timestamps(taken: dict[str, Any], dims: dict[str, list[str]]) -> dict[str, Any]:
    """When the frames of each data key were taken, by names that no data key has."""
    named: dict[str, Any] = {}
    for key, times in taken.items():
        name = f"{key}_timestamp" if f"{key}_timestamp" not in dims else f"{key}_frame_timestamp"
        named[name] = dims[key][: times.ndim], times, {"units": "s", "long_name": "start of the exposure, POSIX time"}
    return named


def _free(name: str, keys: list[str]) -> str:
    """Name of a coordinate; a data key of that name keeps it."""
    return f"event_{name}" if name in keys else name


def _dims(stream: Columns, columns: dict[str, Any]) -> dict[str, list[str]]:
    """Dimensions of each column: those of its data key, where they fit the others', else some of its own."""
    sizes: dict[str, int] = {}
    dims: dict[str, list[str]] = {}
    for key, column in columns.items():
        shape = column.shape[1:]
        named = _named_dims(stream.data_keys[key].get("dims") or [], key)
        fits = len(named) == len(shape) and max(Counter(["event", *columns, *named]).values()) == 1
        if not fits or any(sizes.get(dim, size) != size for dim, size in zip(named, shape, strict=True)):
            named = [f"{key}_dim_{axis}" for axis in range(len(shape))]
        sizes.update(zip(named, shape, strict=True))
        dims[key] = ["event", *named]
    return dims


def _named_dims(given: Any, key: str) -> list[str]:
    if not isinstance(given, list | tuple) or not all(isinstance(dim, str) for dim in cast("list[Any]", given)):
        msg = f"{key}: the dims of its data key must be a list of names, not {given!r:.80}"
        raise ValueError(msg)
    return list(cast("list[str]", given))
