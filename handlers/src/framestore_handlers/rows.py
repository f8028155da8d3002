"""Which frames belong to which event: documents become segments of files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .access import RootMap, locate, resource_path, uri_path
from .blocks import FrameFile, Segment
from .collector import FrameRange, RunParts, StreamParts
from .registry import Opener, by_mimetype, by_spec


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The frames of a data key, in the order of events."""

    seq_nums: NDArray[np.int64]
    """Sequence number of each event that has frames: (events,)."""
    segments: list[Segment]
    """Where they stand; as many events as ``seq_nums`` has."""


def _joined(places: Iterable[tuple[FrameFile, int]], frames: int) -> list[Segment]:
    """Segments out of one (file, first frame) an event, consecutive ones joined."""
    segments: list[Segment] = []
    for file, first in places:
        if segments:
            last = segments[-1]
            if last.file is file and last.first + last.events * frames == first:
                segments[-1] = Segment(file=file, first=last.first, events=last.events + 1)
                continue
        segments.append(Segment(file=file, first=first, events=1))
    return segments


def datum_rows(run: RunParts, events: list[dict[str, Any]], key: str, frames: int, root_map: RootMap | None) -> Rows:
    """Rows of a data key whose events hold datum ids; ``frames`` is the number of frames in an event.

    Raises
    ------
    ValueError
        When an event names a datum that did not come, or a spec that is not known.
    """
    files: dict[str, FrameFile] = {}

    def place(event: Mapping[str, Any]) -> tuple[FrameFile, int]:
        datum = run.datums.get(event["data"][key])
        if datum is None:
            msg = f"event {event['seq_num']}: {key} names datum {event['data'][key]!r}, which the documents lack"
            raise ValueError(msg)
        uid = datum["resource"]
        if uid not in files:
            files[uid] = _resource_file(run.resources[uid], root_map)
        return files[uid], datum["datum_kwargs"]["point_number"] * frames

    return Rows(
        seq_nums=np.array([event["seq_num"] for event in events], np.int64),
        segments=_joined((place(event) for event in events), frames),
    )


def stream_rows(parts: StreamParts, key: str, frames: int, root_map: RootMap | None, repeats: str) -> Rows:
    """Rows of a data key whose frames StreamDatum documents name; ``frames`` is the number of frames in an event.

    Raises
    ------
    ValueError
        When a mimetype is not known.
    """
    ranges = _resolved(parts.ranges.get(key, []), repeats)
    firsts = _first_indices(parts.run, key)
    files: dict[str, FrameFile] = {}
    segments: list[Segment] = []
    for part in ranges:
        if part.resource not in files:
            files[part.resource] = _stream_file(parts.run.resources[part.resource], root_map)
        row = part.index - firsts[part.resource]
        segments.append(Segment(file=files[part.resource], first=row * frames, events=part.length))
    numbers = [np.arange(part.seq_num, part.seq_num + part.length) for part in ranges]
    return Rows(seq_nums=np.concatenate(numbers) if numbers else np.array([], np.int64), segments=segments)


def _first_indices(run: RunParts, key: str) -> dict[str, int]:
    """Index that is row 0 of each resource: indices go on from file to file, rows begin anew."""
    firsts: dict[str, int] = {}
    for stream in run.streams.values():
        first_of_stream = True
        for part in stream.ranges.get(key, []):
            index = 0 if first_of_stream else part.index
            firsts[part.resource] = min(firsts.get(part.resource, index), index)
            first_of_stream = False
    return firsts


def _resolved(ranges: list[FrameRange], repeats: str) -> list[FrameRange]:
    """The ranges in the order of sequence numbers; the last one wins where a number repeats, unless all are wanted."""
    stop = 0
    for part in ranges:
        if part.seq_num < stop:
            break
        stop = part.seq_num + part.length
    else:
        return ranges
    each = [(number, part, offset) for part in ranges for offset, number in enumerate(_numbers(part))]
    if repeats == "last":
        each = list({number: (number, part, offset) for number, part, offset in each}.values())
    each.sort(key=lambda row: row[0])
    return [FrameRange(part.resource, part.index + offset, number, 1) for number, part, offset in each]


def _numbers(part: FrameRange) -> Iterator[int]:
    return iter(range(part.seq_num, part.seq_num + part.length))


def _resource_file(resource: Mapping[str, Any], root_map: RootMap | None) -> FrameFile:
    return _opened(by_spec, "spec", resource["spec"])(
        locate(resource_path(resource), root_map), resource["resource_kwargs"]
    )


def _stream_file(resource: Mapping[str, Any], root_map: RootMap | None) -> FrameFile:
    return _opened(by_mimetype, "mimetype", resource["mimetype"])(
        locate(uri_path(resource["uri"]), root_map), resource["parameters"]
    )


def _opened(openers: Mapping[str, Opener], kind: str, value: str) -> Opener:
    try:
        return openers[value]
    except KeyError:
        msg = f"no reader for the {kind} {value!r}; known: {', '.join(openers)}"
        raise ValueError(msg) from None
