"""Whether the documents of a run fit together."""

from collections.abc import Generator, Iterator
from typing import Any, cast

import numpy as np

from framestore_handlers.collector import RunParts, StreamParts
from framestore_handlers.event_table import EventTable
from framestore_handlers.spans import LAYER, Integers, Spans

from .report import Finding

_NAMED = 8
"""Gaps that a message names."""
LOAD_ALL = "load all documents of the run, from where they were written"
"""What to do where some are missing."""


def document_findings(run: RunParts) -> Iterator[Finding]:
    """What is wrong with the documents, or worth knowing."""
    counted = yield from _of_stop(run)
    for name, stream in run.streams.items():
        yield from _of_stream(name, stream, counted.pop(name, None))
    for name, count in counted.items():
        if count:
            what = f"the stop document counts {count} events of it, but its descriptor did not come; {LOAD_ALL}"
            yield Finding(kind="documents", stream=name, what=what)


def _of_stop(run: RunParts) -> Generator[Finding, None, dict[str, int]]:
    """Findings of the stop document; returns how many events of each stream it counts."""
    if run.stop is None:
        yield Finding(kind="note", what="there is no stop document: the run goes on, or its process was killed")
        return {}
    status = run.stop.get("exit_status")
    if status != "success":
        reason = run.stop.get("reason")
        told = f": {reason!s:.200}" if reason else ""
        yield Finding(kind="note", what=f"the run did not end with success, its exit status is {status!r:.80}{told}")
    counted = run.stop.get("num_events")
    if not isinstance(counted, dict):
        return {}
    counts = cast("dict[Any, Any]", counted)
    return {name: count for name, count in counts.items() if isinstance(name, str) and isinstance(count, int)}


def _of_stream(name: str, stream: StreamParts, counted: int | None) -> Iterator[Finding]:
    """Whether as many events came of a stream as the stop document counts, or at least none is missing in between."""
    try:
        came = _came(name, stream)
    except ValueError as error:
        yield Finding(kind="documents", stream=name, what=str(error))
        return
    last = max(came.largest(), 0)
    if counted is not None and counted != len(came):
        what = f"the stop document counts {counted} events, but documents of {len(came)} came{_gaps(came, counted)}"
        yield Finding(kind="documents", stream=name, what=f"{what}; {LOAD_ALL}")
    elif counted is None and len(came) != last:
        what = f"documents of {len(came)} events came, of which the last has number {last}{_gaps(came, last)}"
        yield Finding(kind="documents", stream=name, what=f"{what}; {LOAD_ALL}")


def _came(name: str, stream: StreamParts) -> Spans:
    """Each sequence number that came, of events; of frames, in a stream that has no events."""
    if len(stream.events):
        seq_nums = np.unique(EventTable(name, stream).events % LAYER)
        return Spans.of(seq_nums, seq_nums + 1)
    ranges = [part for ranges in stream.ranges.values() for part in ranges if part.length]
    firsts = np.array([part.seq_num for part in ranges], np.int64)
    return _together(firsts, firsts + np.array([part.length for part in ranges], np.int64))


def _together(starts: Integers, stops: Integers) -> Spans:
    """All numbers from each start up to its stop, (spans,), which may have some in common."""
    if not len(starts):
        return Spans(starts=starts, stops=stops)
    order = np.argsort(starts, kind="stable")
    starts, reached = starts[order], np.maximum.accumulate(stops[order])
    begins = np.append(True, starts[1:] > reached[:-1])
    return Spans(starts=starts[begins], stops=reached[np.append(begins[1:], True)])


def _gaps(came: Spans, last: int) -> str:
    """Which numbers are missing, in words."""
    lacking = Spans(starts=np.array([1]), stops=np.array([last + 1])).without(came)
    spans = [
        f"{start}" if stop - start == 1 else f"{start} to {stop - 1}"
        for start, stop in zip(*(bound[:_NAMED].tolist() for bound in lacking.bounds), strict=True)
    ]
    more = " and others" if len(lacking.starts) > _NAMED else ""
    return f"; missing: {', '.join(spans)}{more}" if spans else ""
