"""Events that hold the frames themselves, as a broker gives them with ``fill=True``."""

from collections.abc import Iterable, Iterator

from framestore_handlers import Run

from .recent import Recent
from .recording import Document, Pair


def filled(pairs: Iterable[Pair], recent: Recent) -> Iterator[Pair]:
    """The documents in their order, in which the events have frames where they named some, one event at a time.

    Pages of events become events. Frames that come without events stay in their files.
    """
    for name, doc in pairs:
        news = recent.each(name, doc)
        if name in ("event", "event_page", "bulk_events"):
            yield from (("event", _with_frames(run, doc)) for run in news)
        else:
            yield name, doc


def _with_frames(run: Run, doc: Document) -> Document:
    """The one event of a run, which ``doc`` told of."""
    (stream,) = (run[name] for name in run)
    event = next((event for key in stream for event in stream.rows(key)[1] if event is not None), doc)
    frames = {key: stream.read(key)[0] for key in stream if stream.is_external(key)}
    told = {**event.get("filled", {}), **dict.fromkeys(frames, True)}
    return {**event, "data": {**event["data"], **frames}, "filled": told}
