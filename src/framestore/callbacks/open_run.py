"""A run of which documents still come: what of them the next event may need."""

from dataclasses import dataclass, field
from typing import Any

from .announced import Announced, Announcements
from .numbering import Numbering, Seen

Document = dict[str, Any]


@dataclass(slots=True)
class OpenStream:
    """What is kept of a stream."""

    announcements: dict[str, Announcements] = field(default_factory=dict[str, Announcements])
    """By data key."""
    newest: int | None = None
    """Sequence number of the newest event; None when none came."""
    is_flown: bool = False
    """Whether its frames come without events, as far as can be told by now."""
    numbers: dict[str, Numbering] = field(default_factory=dict[str, Numbering])
    """By data key, of frames that come without events."""
    pending: dict[str, Announced] = field(default_factory=dict[str, Announced])
    """By data key: the first range of frames, of which it cannot be told yet whether an event follows."""

    @property
    def has_begun(self) -> bool:
        """Whether events or frames came."""
        return self.newest is not None or bool(self.announcements)

    def announce(self, key: str, announced: Announced, *, may_be_flown: bool) -> list[tuple[str, Announced]]:
        """Take a range of frames; those that are news by themselves, since no event tells of them.

        A range before the event that it belongs to, and one of a stream that is flown, look alike. It is known to be
        flown when a second range comes and still no event.
        """
        self.announcements.setdefault(key, Announcements()).add(announced)
        if self.newest is not None or not may_be_flown:
            return []
        if not self.is_flown and key not in self.pending:
            self.pending[key] = announced
            return []
        self.is_flown = True
        return [*self.left(), self._numbered(key, announced)]

    def left(self) -> list[tuple[str, Announced]]:
        """What was pending, and is no more."""
        news = [self._numbered(key, announced) for key, announced in self.pending.items()]
        self.pending.clear()
        return news

    def _numbered(self, key: str, announced: Announced) -> tuple[str, Announced]:
        return key, self.numbers.setdefault(key, Numbering()).numbered(announced)

    def event(self, seq_num: int) -> None:
        """Take note of an event."""
        self.newest = seq_num
        self.pending.clear()

    def forget(self, key: str) -> list[str]:
        """Forget ranges of a data key that nothing needs any more; uids of the resources of that."""
        announcements = self.announcements[key]
        if self.is_flown:
            return announcements.forget(2**63)
        return announcements.forget(self.newest) if self.newest is not None else []


@dataclass(slots=True)
class OpenRun:
    """What is kept of a run."""

    start: Document
    """The start document."""
    descriptors: dict[str, Document] = field(default_factory=dict[str, Document])
    """By uid."""
    streams: dict[str, OpenStream] = field(default_factory=dict[str, OpenStream])
    """By name."""
    firsts: dict[str, int] = field(default_factory=dict[str, int])
    """The lowest index of each StreamResource."""
    seen: Seen = field(default_factory=Seen)
    """StreamDatum documents that came."""

    def stream_of(self, descriptor: str) -> OpenStream:
        """The stream of a descriptor."""
        return self.streams[self.descriptors[descriptor]["name"]]

    def describe(self, document: Document) -> None:
        """Take a descriptor."""
        self.descriptors[document["uid"]] = document
        self.streams.setdefault(document["name"], OpenStream())

    def announce(self, key: str, announced: Announced) -> list[tuple[str, Announced]]:
        """Take a range of frames; see `OpenStream.announce`. One that is delivered twice is no news."""
        if self.seen.again(announced.uid):
            return []
        known = self.firsts.get(announced.resource, announced.index)
        self.firsts[announced.resource] = min(known, announced.index)
        data_keys = self.descriptors[announced.descriptor]["data_keys"].values()
        may_be_flown = all(data_key.get("external") == "STREAM:" for data_key in data_keys)
        return self.stream_of(announced.descriptor).announce(key, announced, may_be_flown=may_be_flown)

    def zero(self, key: str, resource: str) -> int:
        """Index of the first row of a resource.

        Indices go on from file to file, rows begin anew. As for ``load``, the resource of a stream's lowest index
        counts from 0, since its first frames may have been skipped.
        """
        lowest = (stream.announcements[key].lowest for stream in self.streams.values() if key in stream.announcements)
        if any(announced is not None and announced.resource == resource for announced in lowest):
            return 0
        return self.firsts[resource]

    def forget(self, descriptor: str, key: str) -> list[str]:
        """Forget ranges that nothing needs any more; uids of resources of which nothing is left."""
        gone = self.stream_of(descriptor).forget(key)
        if not gone:
            return []
        kept = (stream.announcements.get(key, ()) for stream in self.streams.values())
        gone = list({*gone}.difference(announced.resource for announcements in kept for announced in announcements))
        for uid in gone:
            del self.firsts[uid]
        return gone
