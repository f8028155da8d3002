"""The documents of a camera that tell where its frames stand."""

import logging
from collections.abc import Iterator
from typing import Any

from .handed_out import HandedOut
from .place import Place
from .records import Family, Point, Resource, Settlement, events
from .streams import Streams

logger = logging.getLogger("framestore")


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
        self._handed_out = HandedOut(family, self._streams)
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
        self._streams.current.next_index -= events(self._handed_out.dropped())
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

    @property
    def needs_file(self) -> bool:
        """Whether the next point belongs to a new stream, and the resource that there is holds points of another."""
        return self._streams.is_announced and self._current.points > 0

    @property
    def next_index(self) -> int:
        """Index that the next point will have in its stream."""
        return (0 if self._streams.is_announced else self._streams.current.next_index) + events(self._waiting)

    def add_point(self, *, by_hand: bool = False) -> str | None:
        """The frames of another point can be read.

        Parameters
        ----------
        by_hand
            Whether it was not bluesky that wanted it.

        Returns
        -------
        str | None
            What the event's data says of it: a datum id, or None for nothing.
        """
        self._waiting.append(self._current.point(1, by_hand=by_hand))
        return self._waiting[-1].datum_id

    def add_flown(self, number: int, *, by_hand: bool) -> None:
        """The frames of so many points of a fly scan can be read, which has no events: they share a document."""
        if self._waiting and self._waiting[-1].flown:
            self._waiting[-1].events += number
            self._current.points += number
        else:
            self._waiting.append(self._current.point(number, by_hand=by_hand, flown=True))

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
        before = self._handed_out.not_emitted() if self._uncertain else []
        self._uncertain = False
        return self._take_back(before)

    def forget_unread(self) -> int:
        """Another resource follows: points that wait are given up. How many of the last points are taken back."""
        unread = events(self._waiting)
        if unread:
            self._warn_of(unread)
        return self._take_back([])

    def abandon(self) -> int:
        """At the end of a staging: points that bluesky triggered and that belong to no event are given up.

        Returns
        -------
        int
            How many of the last points are taken back, with their frames.
        """
        if any(point.by_hand for point in self._waiting):
            return 0
        unread, dropped = events(self._waiting), self._handed_out.dropped()
        if unread:
            self._warn_of(unread)
        self._handed_out.give_up(dropped)
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
        self._handed_out.pause()
        last = self._handed_out.last
        return None if last is None or self._waiting else last.datum_id

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
        points = self._waiting[:count]
        del self._waiting[:count]
        self._handed_out.hand_out(points)
        self._uncertain = False
        name = resource.name.replace("resource", "datum")
        for point in points:
            point.stream, point.by_hand = self._streams.current, by_hand or point.by_hand
            point.document = resource.datum(point, self._streams.current.next_index)
            self._streams.current.next_index += point.events
            yield name, point.document

    def move(self, place: Place) -> str | None:
        """The points that wait stand at the beginning of a new resource.

        Returns
        -------
        str | None
            New datum id of the first: it is told by its beginning to which resource a datum belongs.
        """
        self._current.points -= events(self._waiting)
        self.start_resource(place)
        for point in self._waiting:
            point.resource, point.row = self._current, self._current.points
            point.datum_id = self._current.datum_id()
            self._current.points += point.events
        return self._waiting[0].datum_id

    def check(self) -> None:
        """Look where the documents went that were handed out; RuntimeError when that is wrong: `HandedOut.check`."""
        self._handed_out.check()

    @property
    def _current(self) -> Resource:
        assert self._resource is not None, "start_resource comes first"  # noqa: S101 - a bug of ours, not of a user
        return self._resource

    def _take_back(self, handed_out: list[Point]) -> int:
        """Forget these points, the last that were handed out, and all that wait. How many."""
        taken_back = events(handed_out) + events(self._waiting)
        self._streams.current.next_index -= events(handed_out)
        if handed_out:
            self._handed_out.clear()
        self._waiting.clear()
        if self._resource is not None:
            self._resource.points -= taken_back
        return taken_back

    def _hand_out_again(self, ready: int) -> int:
        """Points that bluesky dropped in a pause wait again; so does the last one, where nobody knows. How many."""
        again = self._handed_out.not_emitted(unless_known=not ready)
        self._streams.current.next_index -= events(again)
        self._waiting[:0] = again
        self._handed_out.clear()
        self._uncertain = False
        return len(again)

    def _drop(self, ready: int) -> range:
        """Points that the plan dropped, or triggered and never read: an event has one. Their rows."""
        dropped, unread = self._handed_out.dropped(), self._waiting[: ready - 1]
        gone = [*dropped, *unread]
        if not gone:
            return range(0)
        if unread:
            self._warn_of(events(unread))
        self._streams.current.next_index -= events(dropped)
        self._current.points -= events(gone)
        del self._waiting[: len(unread)]
        self._ready = 1
        for point in self._waiting:
            point.row -= events(gone)
        if dropped:
            self._handed_out.clear()
        return range(gone[0].row, gone[0].row + events(gone))

    def _warn_of(self, unread: int) -> None:
        name = self._current.document.get("data_key", "camera")
        logger.warning("%s: %d points were taken and never read; their frames were taken out again", name, unread)

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
