"""The documents of a camera that tell where its frames stand."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from .handed_out import HandedOut
from .place import Place
from .records import Family, Point, Resource, Settlement, events
from .streams import Streams
from .waiting import Waiting, warn_of


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
        self._waiting = Waiting()
        self._handed_out = HandedOut(family, self._streams)
        self._ready: int | None = None
        self._uncertain = False
        self._flew = self._only_flown = False

    def begin_staging(self) -> None:
        """Forget what was never collected; indices of a stream that was emitted go on.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        self.check()
        self._streams.current.next_index -= events(self._handed_out.dropped())
        self._handed_out.unread = False
        self._handed_out.clear()
        self._waiting.clear()
        self._streams.begin_staging()
        self._resource = None

    def announce(self) -> None:
        """A stream will be read that was not read before."""
        self._streams.announce()
        self._handed_out.unread = False

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
        return self._streams.next_index + self._waiting.events

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
        point = self._current.point(1, by_hand=by_hand)
        self._waiting.points.append(point)
        return point.datum_id

    def begin_flight(self) -> None:
        """Points of a fly scan follow: for the stream that was declared, if one was, whatever is read meanwhile."""
        self._flew = True
        self._streams.begin_flight()

    def add_flown(self, number: int, *, by_hand: bool) -> None:
        """The frames of so many points of a fly scan can be read, which has no events: they share a document."""
        self._waiting.add_flown(self._current, number, by_hand=by_hand)

    def recall_flown(self) -> None:
        """Points of a fly scan that were collected and not emitted, since another camera failed, wait again."""
        again = [point for point in self._handed_out.dropped() if point.flown]
        if again:
            self._handed_out.clear()
            self._streams.current.next_index -= events(again)
            self._waiting.put_back(again)

    def want_flown(self, before: int | None, *, by_hand: bool) -> None:
        """Points of a fly scan are collected; None: all, else those before an index: those behind go on waiting.

        bluesky numbers the points of one document a collect, so that those of another resource wait as well. And it
        collects once more when all is over: what it triggered after a fly scan is left to its event, saved or not.
        """
        self._waiting.hold_back(0 if before is None else self.next_index - before)
        if not by_hand:
            self._waiting.hold_back_others()
        self._only_flown = self._flew and not by_hand
        if self._only_flown or self._waiting.end_flown:  # nothing of it was meant by a reading
            self._ready = self._waiting.before_steps if self._only_flown else None

    def forget_steps(self) -> int:
        """A fly scan follows: points that bluesky triggered last and never read are given up. How many."""
        return self._forget(self._waiting.drop_steps())

    @property
    def uncollected(self) -> int:
        """Points of fly scans that wait, but for those that a collect held back."""
        return self._waiting.flown

    def forget_held(self) -> int:
        """Points of a fly scan that a collect held back, since other cameras had fewer, are given up. How many."""
        return self._forget(self._waiting.drop_held())

    def retake(self) -> int:
        """After a pause, before the next trigger: that may be for a point that was taken and never emitted.

        Points that were collected since the pause are not meant: they may still be emitted. How many of the last points
        are taken back, with their frames.

        Raises
        ------
        RuntimeError
            As `check`.
        """
        self.check()
        before = self._handed_out.not_emitted() if self._uncertain else []
        self._uncertain = False
        warn_of([point for point in self._waiting.points if point.flown])
        return self._take_back(before)

    def forget_unread(self) -> int:
        """Another resource follows: points that wait, and those that were dropped, are given up. How many."""
        dropped = self._handed_out.dropped()
        warn_of([*(point for point in dropped if point.flown), *self._waiting.points])
        self._handed_out.give_up(dropped)
        return self._take_back(dropped)

    def abandon(self) -> int:
        """At the end of a staging: points that bluesky triggered and that belong to no event are given up. How many."""
        if any(point.by_hand for point in self._waiting.points):
            return 0
        dropped = self._handed_out.dropped()
        warn_of(self._waiting.points)
        self._handed_out.give_up(dropped)
        self._handed_out.unread = bool(self._waiting.points)
        return self._take_back(dropped)

    def read(self) -> None:
        """An event is read: its numbers are those of the last point that there is now."""
        self._ready = 0 if self._waiting.end_flown else len(self._waiting.points)
        self._only_flown = False

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
        return None if last is None or self._waiting.points else last.datum_id

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
            self._ready = self._waiting.wanted
        if self._uncertain and not self._only_flown:
            self._ready += self._hand_out_again(self._ready)
        if not self._ready:
            if not (by_hand or self._only_flown):
                self._handed_out.check_unread()
            if not self._only_flown:  # else the stream may be that of points which have not landed yet
                self._streams.pass_over()
            return Settlement()
        if by_hand:
            if not self._current.handed_out:
                self._streams.begin_by_hand()
            return Settlement()
        return Settlement(dropped=self._drop(self._ready), moved_from=self._claim())

    def collect(self, *, by_hand: bool) -> Iterator[tuple[str, Any]]:
        """Hand out, once, the (name, document) pairs of points that were taken since."""
        count, self._ready, self._only_flown = self._ready, None, False
        if not count:
            return
        points = self._waiting.take(count)
        self._streams.check_form(points)
        self._handed_out.hand_out(points)
        self._uncertain = False
        for resource, its in groupby(points, key=lambda point: point.resource):
            yield from resource.announced(by_hand=by_hand)
            for point in its:
                point.stream, point.by_hand = self._streams.current, by_hand or point.by_hand
                point.document = resource.datum(point, self._streams.current.next_index)
                self._streams.current.next_index += point.events
                yield resource.name.replace("resource", "datum"), point.document

    def move(self, place: Place) -> str | None:
        """The points that wait stand at the beginning of a new resource.

        Returns
        -------
        str | None
            New datum id of the first: it is told by its beginning to which resource a datum belongs.
        """
        self._current.points -= self._waiting.events
        self.start_resource(place)
        self._waiting.move_to(self._current)
        return self._waiting.points[0].datum_id

    def check(self) -> None:
        """Look where the documents went that were handed out; RuntimeError when that is wrong: `HandedOut.check`."""
        self._handed_out.check()

    @property
    def _current(self) -> Resource:
        assert self._resource is not None, "start_resource comes first"  # noqa: S101 - a bug of ours, not of a user
        return self._resource

    def _take_back(self, handed_out: list[Point]) -> int:
        """Forget these points, the last that were handed out, and all that wait. How many."""
        gone = [*handed_out, *self._waiting.points]
        self._streams.current.next_index -= events(handed_out)
        if handed_out:
            self._handed_out.clear()
        self._waiting.clear()
        return self._forget(gone)

    def _forget(self, points: list[Point]) -> int:
        """These, the last of all, belong to nothing. How many of them stand in the resource that there is now."""
        gone = events(point for point in points if point.resource is self._resource)
        if self._resource is not None:
            self._resource.points -= gone
        return gone

    def _hand_out_again(self, ready: int) -> int:
        """Points that bluesky dropped in a pause wait again; so does the last one, where nobody knows. How many."""
        again = self._handed_out.not_emitted(unless_known=not ready)
        self._streams.current.next_index -= events(again)
        self._waiting.points[:0] = again
        self._handed_out.clear()
        self._uncertain = False
        return len(again)

    def _drop(self, ready: int) -> range:
        """Points that the plan dropped, or triggered and never read: an event has one. Their rows."""
        dropped, unread = self._handed_out.dropped(), self._waiting.points[: ready - 1]
        gone = [*dropped, *unread]
        if not gone:
            return range(0)
        warn_of(unread)
        self._streams.current.next_index -= events(dropped)
        first = next((point.row for point in gone if point.resource is self._current), 0)
        taken_out = self._forget(gone)
        del self._waiting.points[: len(unread)]
        self._ready = 1
        for point in self._waiting.points:
            point.row -= taken_out
        if dropped:
            self._handed_out.clear()
        return range(first, first + taken_out)

    def _claim(self) -> int | None:
        """Take the stream that was announced, if one was, for the points that wait; the row that is to be moved."""
        claimed = self._streams.claim_for_flight() if self._only_flown else self._streams.claim()
        return (self._waiting.points[0].row or None) if claimed else None
