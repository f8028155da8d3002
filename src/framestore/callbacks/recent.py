"""The newest event of a run that goes on, as a run of its own: what each costs does not grow with the run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from os import PathLike

from framestore_handlers import Run, load
from framestore_handlers.access import RootMap
from framestore_handlers.foreign import Handler
from framestore_handlers.pages import event_page

from .abandoned import abandoned
from .announced import Announced
from .ended import Ended
from .hidden import check_counted, hidden
from .in_event import as_described
from .open_run import Document, OpenRun
from .references import References

_News = Callable[[], Run]


class Recent:
    """Takes the documents of runs, interleaved or not, and gives for each event a run that holds just this event.

    Such a run has the start document and one stream, of one descriptor and one event, with the frames of that event,
    lazy as ``load`` gives them: ``run["primary"].read("camera_image")``. Of a stream that is flown, without events,
    there is one for each range of frames that is announced; of the first, when the next document shows that no event
    follows. What is kept of a run does not grow with its events.

    Parameters
    ----------
    callback
        Who needs the documents, for messages.
    field
        The data key whose frames are needed; None: any. A subscription that hides its documents is refused.
    root_map, allowed_roots, handlers
        As those of ``framestore_handlers.load``.

    Raises
    ------
    TypeError, ValueError
        When one of these is not as ``load`` takes it.

    Examples
    --------
    >>> recent = Recent()
    >>> recent("start", {"uid": "0d6a", "time": 0.0})
    >>> recent("descriptor", {"uid": "d", "run_start": "0d6a", "name": "primary", "data_keys": {"x": {}}, "time": 0.0})
    >>> event = {"uid": "e", "descriptor": "d", "seq_num": 5, "time": 0.0, "data": {"x": 2.5}, "timestamps": {"x": 0.0}}
    >>> run = recent("event", event)
    >>> run.streams, run["primary"].seq_nums, run["primary"]["x"]
    (['primary'], array([5]), array([2.5]))
    """

    def __init__(
        self,
        callback: str = "this callback",
        *,
        field: str | None = None,
        root_map: RootMap | None = None,
        allowed_roots: Iterable[str | PathLike[str]] | None = None,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        roots = None if allowed_roots is None else [*allowed_roots]
        self._callback = callback
        self._field = field
        self._load = partial(load, root_map=root_map, allowed_roots=roots, handlers=handlers)
        self._load([("start", {"uid": "", "time": 0.0})])  # what it refuses, it refuses now
        self._runs: dict[str, OpenRun] = {}
        self._owners: dict[str, OpenRun] = {}
        self._references = References()
        self._ended = Ended()
        self._came: set[str] = set()
        self._take: dict[str, Callable[[Document], list[_News]]] = {
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

    def __call__(self, name: str, doc: Document) -> Run | None:
        """The newest event, or range of frames, that this document is news of; None when it is news of none.

        Raises
        ------
        HiddenDocumentsError
            When it refers to documents that never came.
        ValueError
            When it is broken.
        """
        news = self.news(name, doc)
        return news[-1]() if news else None

    def each(self, name: str, doc: Document) -> Iterator[Run]:
        """All of them, in order: several of an EventPage, or of a stream of which it was not known that it is flown.

        It raises what a call does.
        """
        return (made() for made in self.news(name, doc))

    @property
    def is_open(self) -> bool:
        """Whether a run has begun and not ended."""
        return bool(self._runs)

    @property
    def starts(self) -> list[Document]:
        """Start documents of the runs that have begun and not ended."""
        return [run.start for run in self._runs.values()]

    def start_of(self, name: str, doc: Document) -> Document | None:
        """The start document of the run that a document belongs to; None where that is not known, or over."""
        if name == "start":
            return doc
        run = self._runs.get(doc.get("run_start", "")) or self._owners.get(doc.get("descriptor", ""))
        return None if run is None else run.start

    def descriptor_of(self, event: Document) -> Document | None:
        """The descriptor of an event, where it came, and its run is not over."""
        run = self._owners.get(event.get("descriptor", ""))
        return None if run is None else run.descriptors[event["descriptor"]]

    def news(self, name: str, doc: Document) -> list[_News]:
        """Functions that make them: what one raises, of an event whose documents are broken, stops no other.

        It raises what a call does.
        """
        self._came.add(name)
        take = self._take.get(name)
        if take is None:
            msg = f"{self._callback}: {name!r} is not the name of a document; known: {', '.join(self._take)}"
            raise ValueError(msg)
        try:
            return take(doc)
        except (KeyError, TypeError, AttributeError) as error:
            uid = doc.get("uid", doc.get("datum_id", "without uid"))
            msg = f"{self._callback}: {name} document {uid!s:.80} cannot be read: {type(error).__name__}: {error}"
            raise ValueError(msg) from error

    def _start(self, doc: Document) -> list[_News]:
        self._runs.setdefault(doc["uid"], OpenRun(doc))
        self._ended.begin(doc["uid"])
        for uid in abandoned(self._callback, self._runs):
            self._forget(uid)
        return []

    def _descriptor(self, doc: Document) -> list[_News]:
        run = self._runs.get(doc["run_start"])
        if run is not None:
            run.describe(doc)
            self._owners[doc["uid"]] = run
        elif doc["run_start"] not in self._ended:
            raise hidden(self._callback, f"a descriptor ({doc['uid']})", "the start document of its run")
        return []

    def _stop(self, doc: Document) -> list[_News]:
        uid = doc["run_start"]
        run = self._runs.get(uid)
        if run is None:
            if uid in self._ended:
                return []
            raise hidden(self._callback, f"the stop document of run {uid}", "its start document")
        news = [
            self._frames(run, key, announced) for stream in run.streams.values() for key, announced in stream.left()
        ]
        self._forget(uid)
        check_counted(self._callback, doc, came=any(stream.has_begun for stream in run.streams.values()))
        return news

    def _forget(self, uid: str) -> None:
        run = self._runs.pop(uid)
        self._ended.add([uid, *run.descriptors])
        for descriptor in run.descriptors:
            self._owners.pop(descriptor, None)
        self._references.forget_run(uid, is_last=not self._runs)

    def _resource(self, doc: Document) -> list[_News]:
        if doc.get("run_start") not in self._ended:
            self._references.add_resource(doc)
        return []

    def _datum(self, doc: Document) -> list[_News]:
        self._references.add_datum(doc)
        return []

    def _datum_page(self, doc: Document) -> list[_News]:
        self._references.add_datum_page(doc)
        return []

    def _bulk_datum(self, doc: Document) -> list[_News]:
        for datum_id, kwargs in zip(doc["datum_ids"], doc["datum_kwarg_list"], strict=True):
            self._references.add_datum({"datum_id": datum_id, "resource": doc["resource"], "datum_kwargs": kwargs})
        return []

    def _stream_datum(self, doc: Document) -> list[_News]:
        run = self._run_of(doc["descriptor"], f"a stream_datum ({doc['uid']})")
        if run is None:
            return []
        resource = self._references.resource(doc["stream_resource"])
        if resource is None:
            if "stream_resource" in self._came:
                msg = f"stream_datum {doc['uid']}: its stream_resource {doc['stream_resource']} did not come before it"
                raise ValueError(msg)
            raise hidden(self._callback, f"a stream_datum ({doc['uid']})", "its stream_resource")
        key = resource["data_key"]
        news = [self._frames(run, key, announced) for key, announced in run.announce(key, Announced.of(doc))]
        self._references.forget(run.forget(doc["descriptor"], key))
        return news

    def _event(self, doc: Document) -> list[_News]:
        run = self._run_of(doc["descriptor"], f"an event ({doc['uid']})")
        if run is None:
            return []
        run.stream_of(doc["descriptor"]).event(doc["seq_num"])
        return [partial(self._of_event, run, doc)]

    def _event_page(self, doc: Document) -> list[_News]:
        run = self._run_of(doc["descriptor"], "an event_page")
        page = event_page(doc)
        if run is None or not page.rows:
            return []
        run.stream_of(doc["descriptor"]).event(doc["seq_num"][-1])
        return [partial(self._of_row, run, partial(page.row, number)) for number in range(page.rows)]

    def _bulk_events(self, doc: Document) -> list[_News]:
        return [made for events in doc.values() for event in events for made in self._event(event)]

    def _run_of(self, descriptor: str, came: str) -> OpenRun | None:
        """The run of a descriptor; None of one that is over."""
        run = self._owners.get(descriptor)
        if run is None and descriptor not in self._ended:
            raise hidden(self._callback, came, f"its descriptor ({descriptor})")
        return run

    def _of_row(self, run: OpenRun, row: Callable[[], Document]) -> Run:
        return self._of_event(run, row())

    def _of_event(self, run: OpenRun, event: Document) -> Run:
        """A run that holds this event only."""
        descriptor, event = as_described(run.descriptors[event["descriptor"]], event)
        pairs = [("start", run.start), ("descriptor", descriptor)]
        for key, data_key in descriptor["data_keys"].items():
            if "external" not in data_key:
                continue
            is_streamed = key in run.stream_of(event["descriptor"]).announcements
            found = self._streamed(run, key, event) if is_streamed else self._referred(key, event)
            if not found and key == (self._field or key):
                self._check_came(key, data_key["external"], event)
            pairs += found
        return self._load([*pairs, ("event", event)])

    def _streamed(self, run: OpenRun, key: str, event: Document) -> list[tuple[str, Document]]:
        """The documents of the frames of a data key of an event, as StreamDatum documents announced them."""
        found = run.stream_of(event["descriptor"]).announcements[key].holding(event["seq_num"])
        return [] if found is None else self._told(run, key, found)

    def _told(self, run: OpenRun, key: str, announced: Announced) -> list[tuple[str, Document]]:
        resource = self._references.resource(announced.resource)
        if resource is None:
            msg = f"the stream_resource {announced.resource} of {key!r} is not known any more"
            raise ValueError(msg)
        document = announced.document(run.zero(key, announced.resource))
        return [("stream_resource", resource), ("stream_datum", document)]

    def _referred(self, key: str, event: Document) -> list[tuple[str, Document]]:
        """The same of a data key whose value is the name of a Datum."""
        datum = self._references.datum(event["data"].get(key))
        resource = None if datum is None else self._references.resource(datum["resource"])
        return [] if datum is None or resource is None else [("resource", resource), ("datum", datum)]

    def _check_came(self, key: str, external: str, event: Document) -> None:
        """Refuse an event without frames where the subscription hides the documents that would tell of them."""
        kinds = ("stream_datum",) if external == "STREAM:" else ("datum", "datum_page", "bulk_datum", "stream_datum")
        if self._came.isdisjoint(kinds):
            came, lacks = f"event {event['seq_num']} ({event['uid']})", f"the {kinds[0]} of its {key!r}"
            raise hidden(self._callback, came, lacks)
        if external != "STREAM:" and "resource" not in self._came:
            raise hidden(self._callback, f"the datum of {key!r} of event {event['seq_num']}", "its resource")

    def _frames(self, run: OpenRun, key: str, announced: Announced) -> _News:
        """A run that holds this range of frames only, of this data key."""
        descriptor = run.descriptors[announced.descriptor]
        told = self._told(run, key, announced)
        descriptor = {**descriptor, "data_keys": {key: descriptor["data_keys"][key]}}
        return partial(self._load, [("start", run.start), ("descriptor", descriptor), *told])
