"""A stream as a group: sequence numbers and times of its events, their values, and frames."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from framestore_handlers import Stream
from numpy.typing import NDArray

from framestore.exporters.metadata import as_json
from framestore.exporters.selection import Field
from framestore.exporters.task import Tell

from . import frames, times, values
from .attributes import describe, name_it
from .columns import TEXT
from .names import escaped, group_of
from .storage import Storage

SEQ_NUM = "seq_num"
"""Dataset of the sequence numbers; attribute of a dataset that says where those of its rows stand."""
_EVENTS = 4096
"""Events that are text in memory at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """The groups of a stream."""

    stream: h5py.Group
    """The group of the stream itself."""
    data: h5py.Group
    """Values and frames, by field."""
    timestamps: h5py.Group
    """When each was taken, by field."""
    seq_nums: NDArray[np.int64]
    """Of the stream's events: (events,)."""

    def place(self, dataset: h5py.Dataset, seq_nums: NDArray[np.int64]) -> None:
        """Say of which events the rows of a dataset are: those of the stream, or others, which are put beside them."""
        where = f"{self.stream.name}/{SEQ_NUM}"
        if not np.array_equal(seq_nums, self.seq_nums):
            others = self.stream.require_group(f"{SEQ_NUM}s")
            name = str(dataset.name).rpartition("/")[2]
            where = f"{others.name}/{name}"
            others.create_dataset(name, data=seq_nums, track_times=False)
        dataset.attrs[SEQ_NUM] = where


def write(
    file: h5py.Group,
    stream: Stream,
    fields: Sequence[Field],
    storage: Storage,
    *,
    left_out: Collection[str],
    tell: Tell,
) -> h5py.Group:
    """Put a stream into a file, as a group of its own.

    Parameters
    ----------
    file
        The file.
    stream
        The stream.
    fields
        Its fields whose frames go there.
    storage
        How the frames are stored.
    left_out
        Images in its events that do not.
    tell
        Is told how many frames more are done.
    """
    seq_nums, events = stream.rows()
    group = file.create_group(group_of(stream.name))
    name_it(group, stream.name)
    group.create_dataset(SEQ_NUM, data=seq_nums, track_times=False)
    _write_times(group, events)
    groups = Groups(
        stream=group,
        data=group.create_group("data"),
        timestamps=group.create_group("timestamps"),
        seq_nums=seq_nums,
    )
    as_frames = {field.key for field in fields}
    kept = _write_values(groups, stream, events, left_out, as_frames)
    _write_rest(group, events, kept, left_out)
    for field in fields:
        _write_frames(groups, field, storage, tell)
    return group


def _write_times(group: h5py.Group, events: Sequence[dict[str, Any] | None]) -> None:
    found = np.array([np.nan if event is None else event["time"] for event in events], np.float64)
    group.create_dataset("time", data=found, track_times=False).attrs["units"] = "s"


def _write_values(
    groups: Groups,
    stream: Stream,
    events: Sequence[dict[str, Any] | None],
    left_out: Collection[str],
    as_frames: Collection[str],
) -> dict[str, bool]:
    """Values and their times, of frames the times only; which have a dataset, and whether their times have one."""
    kept: dict[str, bool] = {}
    for key, data_key in stream.data_keys.items():
        if stream.is_external(key) or key in left_out:
            continue
        found = values.values_of(key, events)
        values.write_times(groups.timestamps, found)
        kept[key] = found.times is not None
        if key not in as_frames:
            groups.place(values.write(groups.data, found, data_key), groups.seq_nums[found.rows])
    return kept


def images(stream: Stream) -> list[str]:
    """Data keys of images that stand in the events."""
    return [
        key
        for key, data_key in stream.data_keys.items()
        if not stream.is_external(key) and len(data_key.get("shape") or ()) >= 2
    ]


def _write_rest(
    group: h5py.Group, events: Sequence[dict[str, Any] | None], kept: dict[str, bool], left_out: Collection[str]
) -> None:
    """What of the events has no dataset, as JSON."""
    rest = group.create_dataset("events", (len(events),), TEXT, track_times=False)
    for start in range(0, len(events), _EVENTS):
        part = events[start : start + _EVENTS]
        rest[start : start + len(part)] = np.array(
            [as_json(values.rest(event, kept, left_out)) for event in part], object
        )


def _write_frames(groups: Groups, field: Field, storage: Storage, tell: Tell) -> None:
    dataset = frames.write(groups.data, escaped(field.key), field, storage, tell)
    describe(dataset, field.key, field.data_key)
    groups.place(dataset, field.seq_nums)
    times.write(groups.timestamps, escaped(field.key), field)
