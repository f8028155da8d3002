"""Which frames belong to which event, as StreamDatum documents name them."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from .claims import check_last
from .collector import RunParts, StreamParts
from .files import Files
from .ranges import FrameRange
from .rows import Rows, checked
from .spans import LAYER, Integers, Spans, are_several, numbered


@dataclass(frozen=True, kw_only=True, slots=True)
class Streamed:
    """The events of a data key whose frames StreamDatum documents name."""

    parts: StreamParts
    """Documents of the stream."""
    key: str
    """The data key."""
    ranges: Sequence[FrameRange]
    """What the documents say, in the order they came."""
    owner: Integers
    """Which range each span of events is of: (spans,)."""
    starts: Integers
    """First event of each span; see `Spans`."""
    stops: Integers
    """And the number behind its last."""
    skipped: Integers
    """How many events of its range come before each span."""

    @classmethod
    def of(cls, parts: StreamParts, key: str) -> "Streamed":
        """Number the events.

        Nothing is taken twice in a stream that is flown, without events; but after a pause bluesky counts again from
        the last checkpoint on. The events are then numbered as they came, from 1 on.

        Raises
        ------
        ValueError
            When the documents claim what cannot be.
        """
        ranges = [part for part in parts.ranges.get(key, ()) if part.length]
        check_last(sum(part.length for part in ranges), key)
        firsts = np.array([part.seq_num for part in ranges], np.int64)
        lengths = np.array([part.length for part in ranges], np.int64)
        if not parts.events and are_several(firsts, firsts + lengths):
            firsts = 1 + np.cumsum(lengths) - lengths
        owner, starts, stops = numbered(firsts, lengths)
        skipped = starts % LAYER - firsts[owner]
        return cls(parts=parts, key=key, ranges=ranges, owner=owner, starts=starts, stops=stops, skipped=skipped)

    @property
    def spans(self) -> Spans:
        """Which events these are."""
        return Spans.of(self.starts, self.stops)

    def rows(self, frames: int, opens: Files) -> Rows:
        """Where their frames are; ``frames`` is the number of frames in an event.

        Raises
        ------
        ValueError
            When a mimetype is not known.
        """
        run, key = self.parts.run, self.key
        zero = _first_indices(run, key)
        events = max((part.index + part.length for part in self.ranges), default=0)
        check_last(max(events, sum(part.length for part in self.ranges)) * frames, key)
        uids = list(dict.fromkeys(part.resource for part in self.ranges))
        numbers = {uid: number for number, uid in enumerate(uids)}
        file = np.array([numbers[part.resource] for part in self.ranges], np.int64)
        index = np.array([part.index - zero[part.resource] for part in self.ranges], np.int64)
        return Rows(
            starts=self.starts,
            stops=self.stops,
            files=[checked(opens.of(run.resources[uid]), uid, key, frames) for uid in uids],
            file=file[self.owner],
            first=(index[self.owner] + self.skipped) * frames,
            frames=frames,
        )


def _first_indices(run: RunParts, key: str) -> dict[str, int]:
    """Index that is row 0 of each resource.

    Indices go on from file to file, rows begin anew. The resource of a stream's lowest index counts from 0, since its
    first indices may have been skipped; the documents may have come in any order.
    """
    firsts: dict[str, int] = {}
    for stream in run.streams.values():
        ranges = list(stream.ranges.get(key, []))
        for part in ranges:
            firsts[part.resource] = min(firsts.get(part.resource, part.index), part.index)
        if ranges:
            lowest = min(ranges, key=attrgetter("index"))
            firsts[lowest.resource] = 0
            if lowest.index and any(part.resource != lowest.resource for part in ranges):
                _report_begin(lowest, key)
    return firsts


def _report_begin(lowest: FrameRange, key: str) -> None:
    """Skipped frames of a first file, or a file whose documents are lost: with several files, both may be meant."""
    message = (
        f"{key}: its stream_datum documents begin with index {lowest.index}, which was taken for row {lowest.index} of "
        f"its resource {lowest.resource}; if documents of a resource before that are missing, load them too: without "
        "them, other frames of this one may be read than are meant"
    )
    warnings.warn(message, stacklevel=2)
