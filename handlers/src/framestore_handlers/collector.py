"""Documents sorted into runs and streams, with as little work a document as there can be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from event_model import DatumPage, EventPage, unpack_datum_page, unpack_event_page

Document = dict[str, Any]


def _number_of(document: Document) -> int:
    """First sequence number of a StreamDatum whose ``seq_nums`` were not filled in."""
    indices, seq_nums = document["indices"], document["seq_nums"]
    if seq_nums["stop"] != seq_nums["start"]:
        msg = f"stream_datum document {document['uid']}: its indices {indices} and seq_nums {seq_nums} differ in number"
        raise ValueError(msg)
    return indices["start"] + 1


@dataclass(slots=True)
class FrameRange:
    """What one or several consecutive StreamDatum documents say."""

    resource: str
    """Uid of the StreamResource."""
    index: int
    """First index."""
    seq_num: int
    """First sequence number."""
    length: int
    """How many."""


@dataclass(slots=True)
class StreamParts:
    """The documents of one stream."""

    run: "RunParts"
    """The run it belongs to."""
    descriptors: list[Document]
    """In the order they came."""
    events: list[Document] = field(default_factory=list[Document])
    """In the order they came."""
    ranges: dict[str, list[FrameRange]] = field(default_factory=dict[str, list[FrameRange]])
    """StreamDatum documents by data key, in the order they came."""


@dataclass(slots=True)
class RunParts:
    """The documents of one run."""

    start: Document
    """The start document."""
    resources: dict[str, Document]
    """Resource and StreamResource documents, by uid, of all runs: they need not tell theirs."""
    datums: dict[str, Document]
    """Datum documents, by datum_id, of all runs."""
    stop: Document | None = None
    """The stop document, when there is one."""
    streams: dict[str, StreamParts] = field(default_factory=dict[str, StreamParts])
    """By name, in the order of their first descriptors."""


class Collector:
    """Takes the documents of any number of runs, interleaved or not."""

    def __init__(self) -> None:
        self.runs: dict[str, RunParts] = {}
        self._streams: dict[str, StreamParts] = {}
        self._resources: dict[str, Document] = {}
        self._datums: dict[str, Document] = {}
        self._add: dict[str, Callable[[Document], None]] = {
            "start": self._start,
            "descriptor": self._descriptor,
            "event": self._event,
            "event_page": self._event_page,
            "resource": self._resource,
            "stream_resource": self._resource,
            "datum": self._datum,
            "datum_page": self._datum_page,
            "stream_datum": self._stream_datum,
            "stop": self._stop,
        }

    def collect(self, pairs: Iterable[tuple[str, Document]]) -> None:
        """Take all documents.

        Raises
        ------
        ValueError
            When a document has an unknown name, lacks a field, or refers to one that did not come before it.
        """
        add = self._add
        for name, document in pairs:
            try:
                add[name](document)
            except KeyError as error:
                raise self._broken(name, document, error) from error

    def _broken(self, name: str, document: Document, error: KeyError) -> ValueError:
        if name not in self._add:
            return ValueError(f"{name!r} is not the name of a document; known: {', '.join(self._add)}")
        uid = document.get("uid", document.get("datum_id", "without uid"))
        return ValueError(
            f"{name} document {uid}: {error} is neither a field of it nor the uid of a document before it"
        )

    def _start(self, document: Document) -> None:
        self.runs[document["uid"]] = RunParts(document, self._resources, self._datums)

    def _stop(self, document: Document) -> None:
        self.runs[document["run_start"]].stop = document

    def _descriptor(self, document: Document) -> None:
        run = self.runs[document["run_start"]]
        stream = run.streams.get(document["name"])
        if stream is None:
            stream = run.streams[document["name"]] = StreamParts(run, [])
        stream.descriptors.append(document)
        self._streams[document["uid"]] = stream

    def _event(self, document: Document) -> None:
        self._streams[document["descriptor"]].events.append(document)

    def _event_page(self, document: Document) -> None:
        self._streams[document["descriptor"]].events.extend(unpack_event_page(cast("EventPage", document)))

    def _resource(self, document: Document) -> None:
        self._resources[document["uid"]] = document

    def _datum(self, document: Document) -> None:
        if document["resource"] not in self._resources:
            raise KeyError(document["resource"])
        self._datums[document["datum_id"]] = document

    def _datum_page(self, document: Document) -> None:
        for datum in unpack_datum_page(cast("DatumPage", document)):
            self._datum(datum)

    def _stream_datum(self, document: Document) -> None:
        uid = document["stream_resource"]
        indices, seq_nums = document["indices"], document["seq_nums"]
        index, stop, seq_num = indices["start"], indices["stop"], seq_nums["start"]
        if seq_nums["stop"] - seq_num != stop - index:
            seq_num = _number_of(document)
        ranges = self._streams[document["descriptor"]].ranges.setdefault(self._resources[uid]["data_key"], [])
        if ranges:
            last = ranges[-1]
            if last.resource == uid and last.index + last.length == index and last.seq_num + last.length == seq_num:
                last.length += stop - index
                return
        ranges.append(FrameRange(uid, index, seq_num, stop - index))
