"""The values that stand in the events of a stream, and when each was taken; nothing of an event is lost."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .attributes import describe, name_it
from .columns import Column
from .names import escaped

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """Values of a data key, of the events that have one."""

    key: str
    """The data key."""
    rows: NDArray[np.int64]
    """Which of the stream's events have one: (values,)."""
    values: Sequence[Any]
    """The values."""
    times: NDArray[np.float64] | None
    """When each was taken, (values,), POSIX seconds; None where an event does not say."""


def values_of(key: str, events: Sequence[Document | None]) -> Values:
    """Values of a data key in some events; None is no value."""
    rows = [row for row, event in enumerate(events) if event is not None and event["data"].get(key) is not None]
    found: list[Document] = [event for event in map(events.__getitem__, rows) if event is not None]
    times = [event.get("timestamps", {}).get(key) for event in found]
    are_times = all(isinstance(time, int | float) for time in times)
    return Values(
        key=key,
        rows=np.array(rows, np.int64),
        values=[event["data"][key] for event in found],
        times=np.array(times, np.float64) if are_times else None,
    )


def write(group: h5py.Group, values: Values, data_key: Document) -> h5py.Dataset:
    """Put values into a group, as a dataset named after their field: (values, \\*shape)."""
    dataset = Column.of(values.values).write(group, escaped(values.key))
    describe(dataset, values.key, data_key)
    return dataset


def write_times(group: h5py.Group, values: Values) -> None:
    """Put the times of values into a group, as a dataset named after their field: (values,); none if unknown."""
    if values.times is not None:
        times = group.create_dataset(escaped(values.key), data=values.times, track_times=False)
        name_it(times, values.key)
        times.attrs["units"] = "s"


def rest(event: Document | None, kept: Mapping[str, bool], left_out: Collection[str]) -> dict[str, Any]:
    """What of an event has no dataset: its uid and descriptor, values that are None, ids of datums, and whatever else.

    Parameters
    ----------
    event
        The event, if there is one.
    kept
        Data keys whose values have a dataset, and whether their times have one, too.
    left_out
        Data keys whose values are not to be in the file.
    """
    if event is None:
        return {}
    found = {key: value for key, value in event.items() if key not in ("seq_num", "time", "data", "timestamps")}
    data = {
        key: value for key, value in event["data"].items() if key not in left_out and (value is None or key not in kept)
    }
    times = {key: time for key, time in event.get("timestamps", {}).items() if key in data or not kept.get(key)}
    return found | {"data": data, "timestamps": times}
