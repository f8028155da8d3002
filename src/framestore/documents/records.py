"""What is known of the points of a camera, and how it becomes documents."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from .place import Place


@dataclass(eq=False, slots=True)
class Stream:
    """A stream of a run: its indices are counted from 0, over all its resources."""

    next_index: int = 0
    """Index of the next point that is handed out."""
    described: bool = False
    """Whether a point of it is known to have been emitted."""
    form: tuple[int, ...] = ()
    """Frames in an event, and the shape of each, as its data key says; empty before its first point."""


@dataclass(eq=False, slots=True)
class Resource:
    """Points that stand in one file, or one series of files, from its beginning on."""

    name: str
    """Kind of its document."""
    document: Any
    """bluesky fills in ``run_start`` when it emits it."""
    datum: Callable[["Point", int], Any]
    """(points, index of the first in the stream) -> their document."""
    datum_id: Callable[[], str | None]
    """What the data of an event says of its frames: a new datum id, or None for nothing."""
    form: tuple[int, ...]
    """Frames in a point, and the shape of each."""
    points: int = 0
    """How many points stand in it."""
    handed_out: bool = False
    """Whether the document was collected."""

    def point(self, number: int, *, by_hand: bool, flown: bool = False) -> "Point":
        """So many points more."""
        before = self.points
        self.points += number
        return Point(self, before, self.datum_id(), number, by_hand=by_hand, flown=flown)

    def announced(self, *, by_hand: bool) -> Iterator[tuple[str, Any]]:
        """Its name and document, unless they were handed out, and will be, or were, emitted."""
        if not self.handed_out or (self.run is None and not by_hand):
            self.handed_out = True
            yield self.name, self.document

    @property
    def run(self) -> str | None:
        """Uid of the run that it was emitted in, if it was."""
        return self.document.get("run_start")


@dataclass(eq=False, slots=True)
class Point:
    """An event's frames, or those of several that follow each other and share a document."""

    resource: Resource
    """Where they stand."""
    row: int
    """How many points stand there before it."""
    datum_id: str | None
    """What the event's data says of it."""
    events: int = 1
    """How many."""
    document: Any = None
    """Its datum, once it was collected."""
    stream: Stream | None = None
    """What it was collected for."""
    flown: bool = False
    """Whether it is of a fly scan, without events."""
    by_hand: bool = False
    """Whether it was not bluesky that asked for it, or that collected it: then nobody will emit it."""

    @property
    def is_step(self) -> bool:
        """Whether bluesky triggered it, for an event."""
        return not (self.flown or self.by_hand)

    def split(self, events: int) -> "Point":
        """Keep so many of its events; the rest."""
        rest = Point(self.resource, self.row + events, None, self.events - events, flown=True, by_hand=self.by_hand)
        self.events = events
        return rest


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What has to happen to frames before the documents behind them may be handed out; counted in points."""

    dropped: range = range(0)
    """Rows of points that were never emitted: those behind move up."""
    moved_from: int | None = None
    """Row from which on points go to a new resource."""


def events(points: "Iterable[Point]") -> int:
    """How many events there are in all."""
    return sum(point.events for point in points)


class Family(Protocol):
    """How resources and points become documents."""

    external: ClassVar[str]
    """Value of ``external`` in the data key."""

    def resource(self, place: Place) -> Resource:
        """Begin a resource."""
        ...

    def emitted(self, document: Any) -> bool | None:
        """Whether a datum is part of a run; None where it does not tell."""
        ...
