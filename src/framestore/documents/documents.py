"""The documents of a camera that tell where its frames stand."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .place import Place
from .records import Family, Point, Resource
from .streams import Streams

logger = logging.getLogger("framestore")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What has to happen to frames before the documents behind them may be handed out; counted in points."""

    dropped: range = range(0)
    """Rows of points that were never emitted: those behind move up."""
    moved_from: int | None = None
    """Row from which on points go to a new resource."""


class AssetDocuments:
    """The documents of a camera, over all its stagings.

    bluesky collects documents when it reads and emits them when it saves. What it has collected it drops when a pause
    comes between, or when the plan drops the event. It fills in ``run_start`` or ``descriptor``, in place, when it
    emits: that tells what was dropped. Documents that were collected by hand are never emitted, and not dropped either.

    A resource belongs to one run and one stream. bluesky asks a device to describe itself when it reads it in a stream
    for the first time, between trigger and collect: the point then goes to a resource of its own. When a plan goes back
    to an earlier stream, nothing tells the camera; that is found out when the point has been emitted, and raised.
    """

    def __init__(self, family: Family) -> None:
        self.external = family.external
        """Value of ``external`` in the data key."""
        self._family = family
        self._resource: Resource | None = None
        self._streams = Streams()
        self._waiting: list[Point] = []
        self._handed_out: list[Point] = []
        self._given_up: list[Point] = []
        self._ready: int | None = None
        self._uncertain = False
        self._abandoned = False

    def begin_staging(self) -> None:
        """Forget what was never collected; indices of a stream that was emitted go on.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        self.check()
        self._streams.current.next_index -= len(self._dropped())
        self._abandoned = False
        self._handed_out.clear()
        self._waiting.clear()
        self._streams.begin_staging()
        self._resource = None

    def announce(self) -> None:
        """A stream will be read that was not read before."""
        self._streams.announce()
        self._abandoned = False

    def start_resource(self, place: Place) -> None:
        """All further points go to ``place``."""
        self._resource = self._family.resource(place)

    def add_point(self, *, by_hand: bool = False) -> str | None:
        """The frames of another point can be read.

        Parameters
        ----------
        by_hand
            Whether it was not bluesky that triggered it.

        Returns
        -------
        str | None
            What the event's data says of it: a datum id, or None for nothing.
        """
        resource = self._current
        point = Point(resource, resource.points, resource.datum_id(), by_hand=by_hand)
        resource.points += 1
        self._waiting.append(point)
        return point.datum_id

    def retake(self) -> int:
        """After a pause, before the next trigger: that may be for a point that was taken and never emitted.

        Points that were collected since the pause are not meant: they may still be emitted.

        Returns
        -------
        int
            How many of the last points are taken back, with their frames.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        self.check()
        before = self._handed_out if self._uncertain else []
        self._uncertain = False
        return self._take_back([p for p in before if self._family.emitted(p.document) is False])

    def abandon(self) -> int:
        """At the end of a staging: points that bluesky triggered and that belong to no event are given up.

        Returns
        -------
        int
            How many of the last points are taken back, with their frames.
        """
        if any(point.by_hand for point in self._waiting):
            return 0
        unread, dropped = len(self._waiting), self._dropped()
        if unread:
            self._warn_of(unread)
        self._given_up = dropped
        self._abandoned = unread > 0
        return self._take_back(dropped)

    def read(self) -> None:
        """An event is read: its numbers are those of the last point that there is now."""
        self._ready = len(self._waiting)

    def pause(self) -> str | None:
        """A plan is paused: points that were collected may be dropped, and read again, with new datum ids.

        Returns
        -------
        str | None
            The last of these.
        """
        self._uncertain = True
        for point in self._handed_out:
            point.datum_id = point.resource.datum_id()
        return self._handed_out[-1].datum_id if self._handed_out and not self._waiting else None

    def settle(self, *, by_hand: bool) -> Settlement:
        """Before documents are collected: find out what became of those that were collected before.

        Parameters
        ----------
        by_hand
            Whether it is not bluesky that collects.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        self.check()
        if by_hand or self._ready is None:
            self._ready = len(self._waiting)
        if self._uncertain:
            self._ready += self._hand_out_again(self._ready)
        if not self._ready:
            self._check_abandoned(by_hand=by_hand)
            self._streams.pass_over()
            return Settlement()
        if by_hand:
            if not self._current.handed_out:
                self._streams.begin_by_hand()
            return Settlement()
        return Settlement(dropped=self._drop(self._ready), moved_from=self._claim())

    def collect(self, *, by_hand: bool) -> Iterator[tuple[str, Any]]:
        """Hand out, once, the (name, document) pairs of points that were taken since."""
        count, self._ready = self._ready, None
        if not count:
            return
        resource = self._current
        if not resource.handed_out or (resource.run is None and not by_hand):
            resource.handed_out = True
            yield resource.name, resource.document
        self._handed_out = self._waiting[:count]
        del self._waiting[:count]
        self._uncertain = False
        name = resource.name.replace("resource", "datum")
        for point in self._handed_out:
            point.stream, point.by_hand = self._streams.current, by_hand or point.by_hand
            point.document = resource.datum(point.row, self._streams.current.next_index, point.datum_id)
            self._streams.current.next_index += 1
            yield name, point.document

    def move(self, place: Place) -> str | None:
        """The points that wait stand at the beginning of a new resource.

        Returns
        -------
        str | None
            New datum id of the first: it is told by its beginning to which resource a datum belongs.
        """
        self._current.points -= len(self._waiting)
        self.start_resource(place)
        for row, point in enumerate(self._waiting):
            point.resource, point.row, point.datum_id = self._current, row, self._current.datum_id()
        self._current.points = len(self._waiting)
        return self._waiting[0].datum_id

    def check(self) -> None:
        """Look where the documents went that were handed out.

        Raises
        ------
        RuntimeError
            When a plan went back to a stream that the camera had left for another, or saved an event after it had
            unstaged the camera.
        """
        given_up, self._given_up = self._given_up, []
        for point in given_up:
            if self._family.emitted(point.document):
                msg = (
                    f"{point.resource.document['data_key']}: the plan unstaged the camera between the read and the "
                    "save of an event, the frames of which were taken out of the file, since nobody knew that it would "
                    "come; have the plan save before it unstages"
                )
                raise RuntimeError(msg)
        for point in self._handed_out:
            if self._family.emitted(point.document):
                try:
                    self._streams.found(point)
                except RuntimeError:
                    self._handed_out.clear()  # told once
                    raise

    @property
    def _current(self) -> Resource:
        assert self._resource is not None, "start_resource comes first"  # noqa: S101 - a bug of ours, not of a user
        return self._resource

    def _dropped(self) -> list[Point]:
        """Points that bluesky has collected and, now that it goes on to the next, will not emit any more."""
        return [p for p in self._handed_out if not p.by_hand and self._family.emitted(p.document) is False]

    def _take_back(self, handed_out: list[Point]) -> int:
        """Forget these points, the last that were handed out, and all that wait. How many."""
        taken_back = len(handed_out) + len(self._waiting)
        self._streams.current.next_index -= len(handed_out)
        if handed_out:
            self._handed_out.clear()
        self._waiting.clear()
        if self._resource is not None:
            self._resource.points -= taken_back
        return taken_back

    def _hand_out_again(self, ready: int) -> int:
        """Points that bluesky dropped in a pause wait again; so does the last one, where nobody knows. How many."""
        unknown = False if ready else None
        again = [p for p in self._handed_out if self._family.emitted(p.document) in {False, unknown}]
        self._streams.current.next_index -= len(again)
        self._waiting[:0] = again
        self._handed_out.clear()
        self._uncertain = False
        return len(again)

    def _drop(self, ready: int) -> range:
        """Points that the plan dropped, or triggered and never read: an event has one. Their rows."""
        dropped, unread = self._dropped(), self._waiting[: ready - 1]
        gone = [*dropped, *unread]
        if not gone:
            return range(0)
        if unread:
            self._warn_of(len(unread))
        self._streams.current.next_index -= len(dropped)
        self._current.points -= len(gone)
        del self._waiting[: len(unread)]
        self._ready = 1
        for point in self._waiting:
            point.row -= len(gone)
        if dropped:
            self._handed_out.clear()
        return range(gone[0].row, gone[-1].row + 1)

    def _warn_of(self, unread: int) -> None:
        name = self._current.document.get("data_key", "camera")
        logger.warning("%s: %d points were triggered and never read; their frames were taken out again", name, unread)

    def _check_abandoned(self, *, by_hand: bool) -> None:
        if self._abandoned and not by_hand:
            self._abandoned = False
            msg = (
                "the plan unstaged the camera between the trigger and the read of a point, the frames of which were "
                "taken out of the file, since nobody knew that it would come; have the plan read before it unstages"
            )
            raise RuntimeError(msg)

    def _claim(self) -> int | None:
        """Take the stream that was announced, if one was, for the points that wait; the row that is to be moved."""
        return (self._waiting[0].row or None) if self._streams.claim() else None
