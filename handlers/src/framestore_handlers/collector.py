"""Documents sorted into runs and streams, with as little work a document as there can be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import index as number

from .claims import LARGEST_NUMBER
from .events import Datums, Events
from .pages import Document
from .ranges import Ranges


def _number_of(document: Document) -> int:
    """First sequence number of a StreamDatum whose ``seq_nums`` were not filled in."""
    indices, seq_nums = document["indices"], document["seq_nums"]
    if seq_nums["stop"] != seq_nums["start"]:
        msg = f"stream_datum document {document['uid']}: its indices {indices} and seq_nums {seq_nums} differ in number"
        raise ValueError(msg)
    return indices["start"] + 1


def _text(document: Document, field: str) -> str:
    value = document[field]
    if not isinstance(value, str):
        msg = f"its {field} is {value!r:.80}, expected text"
        raise TypeError(msg)
    return value


@dataclass(slots=True)
class StreamParts:
    """The documents of one stream."""

    run: "RunParts"
    """The run it belongs to."""
    descriptors: list[Document]
    """In the order they came."""
    events: Events = field(default_factory=Events)
    """In the order they came."""
    ranges: dict[str, Ranges] = field(default_factory=dict[str, Ranges])
    """StreamDatum documents by data key, in the order they came."""

    def so_far(self, run: "RunParts") -> "StreamParts":
        """What came so far; what comes later is not in it."""
        ranges = {key: ranges.so_far() for key, ranges in self.ranges.items()}
        return StreamParts(run, list(self.descriptors), self.events.so_far(), ranges)

    def size(self) -> tuple[object, ...]:
        """What changes when more came."""
        ranges = tuple((len(ranges), ranges.last_length) for ranges in self.ranges.values())
        return len(self.descriptors), len(self.events), ranges


@dataclass(slots=True)
class RunParts:
    """The documents of one run."""

    start: Document
    """The start document."""
    resources: dict[str, Document]
    """Resource and StreamResource documents, by uid, of all runs: they need not tell theirs."""
    datums: Datums
    """Datum documents, by datum_id, of all runs."""
    stop: Document | None = None
    """The stop document, when there is one."""
    streams: dict[str, StreamParts] = field(default_factory=dict[str, StreamParts])
    """By name, in the order of their first descriptors."""
    goes_on: bool = False
    """Whether more may come: then the last events may still lack their frames."""

    def so_far(self) -> "RunParts":
        """What came so far; what comes later is not in it. It takes as long as there are streams, not events."""
        run = RunParts(self.start, self.resources, self.datums, self.stop, goes_on=self.stop is None)
        run.streams = {name: stream.so_far(run) for name, stream in self.streams.items()}
        return run

    def size(self) -> tuple[object, ...]:
        """What changes when more came that can be seen of it."""
        return self.stop is None, tuple(stream.size() for stream in self.streams.values())


class Collector:
    """Takes the documents of any number of runs, interleaved or not."""

    def __init__(self) -> None:
        self.runs: dict[str, RunParts] = {}
        self.last: tuple[str, Document] | None = None
        self._streams: dict[str, StreamParts] = {}
        self._resources: dict[str, Document] = {}
        self._datums = Datums()
        self._add: dict[str, Callable[[Document], None]] = {
            "start": self._start,
            "descriptor": self._descriptor,
            "event": self._event,
            "event_page": self._event_page,
            "bulk_events": self._bulk_events,
            "resource": self._resource,
            "stream_resource": self._resource,
            "datum": self._datum,
            "datum_page": self._datum_page,
            "bulk_datum": self._bulk_datum,
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
        pair: tuple[str, Document] | None = None
        for pair in pairs:
            name, document = pair
            try:
                add[name](document)
            except KeyError as error:
                raise self._broken(name, document, error) from error
            except (TypeError, AttributeError, IndexError) as error:
                msg = f"{name} document {document.get('uid', 'without uid')!r:.80} cannot be read: {error}"
                raise ValueError(msg) from error
        self.last = pair or self.last

    def _broken(self, name: str, document: Document, error: KeyError) -> ValueError:
        if name not in self._add:
            return ValueError(f"{name!r} is not the name of a document; known: {', '.join(self._add)}")
        uid = document.get("uid", document.get("datum_id", "without uid"))
        return ValueError(
            f"{name} document {uid!s:.80}: {error} is neither a field of it nor the uid of a document before it"
        )

    def _start(self, document: Document) -> None:
        uid = _text(document, "uid")
        self.runs[uid] = RunParts(document, self._resources, self._datums)

    def _stop(self, document: Document) -> None:
        self.runs[document["run_start"]].stop = document

    def _descriptor(self, document: Document) -> None:
        for key, data_key in document["data_keys"].items():
            if not isinstance(data_key, dict):
                msg = f"its data key {key!r} is {data_key!r:.80}"
                raise TypeError(msg)
        run, name = self.runs[document["run_start"]], _text(document, "name")
        stream = run.streams.get(name)
        if stream is None:
            stream = run.streams[name] = StreamParts(run, [])
        stream.descriptors.append(document)
        self._streams[document["uid"]] = stream

    def _event(self, document: Document) -> None:
        self._streams[document["descriptor"]].events.add(document)

    def _event_page(self, document: Document) -> None:
        self._streams[document["descriptor"]].events.add_page(document)

    def _bulk_events(self, document: Document) -> None:
        """Take what bluesky emitted of flyers before there were pages: lists of events by descriptor."""
        for events in document.values():
            for event in events:
                self._event(event)

    def _resource(self, document: Document) -> None:
        self._resources[document["uid"]] = document

    def _datum(self, document: Document) -> None:
        if document["resource"] not in self._resources:
            raise KeyError(document["resource"])
        self._datums.add(document)

    def _datum_page(self, document: Document) -> None:
        if document["resource"] not in self._resources:
            raise KeyError(document["resource"])
        self._datums.add_page(document)

    def _bulk_datum(self, document: Document) -> None:
        """Take a page in its older form."""
        kwargs: list[Document] = document["datum_kwarg_list"]
        for datum_id, datum_kwargs in zip(document["datum_ids"], kwargs, strict=True):
            self._datum({"datum_id": datum_id, "resource": document["resource"], "datum_kwargs": datum_kwargs})

    def _stream_datum(self, document: Document) -> None:
        uid = document["stream_resource"]
        indices, seq_nums = document["indices"], document["seq_nums"]
        index, stop, seq_num = map(number, (indices["start"], indices["stop"], seq_nums["start"]))
        length = stop - index
        if not (0 <= index <= stop <= LARGEST_NUMBER and 0 <= seq_num <= LARGEST_NUMBER):
            msg = (
                f"stream_datum document {document['uid']}: its indices {indices} and seq_nums {seq_nums} must count "
                f"up, from 0 to {LARGEST_NUMBER} at most"
            )
            raise ValueError(msg)
        if seq_nums["stop"] - seq_num != length:
            seq_num = _number_of(document)
        ranges = self._streams[document["descriptor"]].ranges
        key = self._resources[uid]["data_key"]
        if key not in ranges:
            ranges[key] = Ranges()
        ranges[key].add(uid, index, seq_num, length)
