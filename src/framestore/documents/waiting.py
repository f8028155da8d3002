"""Points that were taken, and wait until their documents are collected."""

import logging
from collections.abc import Sequence

from .records import Point, Resource, events

logger = logging.getLogger("framestore")


class Waiting:
    """The points that wait, in the order in which they stand in the file.

    Those of a fly scan share a document, as far as they are collected together. Cameras that are flown in one stream
    are collected up to the slowest: what a faster one has beyond that is held back.
    """

    def __init__(self) -> None:
        self.points: list[Point] = []
        """The points."""
        self._held = 0

    @property
    def events(self) -> int:
        """How many there are."""
        return events(self.points)

    @property
    def wanted(self) -> int:
        """How many of the points, each maybe of several events, are to be collected next."""
        return len(self.points) - self._held

    @property
    def flown(self) -> int:
        """How many events of these are of fly scans."""
        return events(point for point in self.points[: self.wanted] if point.flown)

    @property
    def before_steps(self) -> int:
        """How many of these come before the first that bluesky triggered, which waits for its event."""
        wanted = self.points[: self.wanted]
        return next((number for number, point in enumerate(wanted) if point.is_step), len(wanted))

    @property
    def end_flown(self) -> bool:
        """Whether the last is of a fly scan."""
        return bool(self.points) and self.points[-1].flown

    def add_flown(self, resource: Resource, number: int, *, by_hand: bool) -> None:
        """So many more of a fly scan."""
        if self.end_flown and self.points[-1].resource is resource:
            self.points[-1].events += number
            resource.points += number
        else:
            self.points.append(resource.point(number, by_hand=by_hand, flown=True))

    def put_back(self, flown: Sequence[Point]) -> None:
        """These, of a fly scan and before all others, wait again."""
        self.points[:0] = flown
        for point, following in zip(self.points[-2::-1], self.points[:0:-1], strict=True):
            if point.flown and following.flown and point.resource is following.resource:
                point.events += following.events
                self.points.remove(following)

    def hold_back(self, number: int) -> None:
        """The last so many events of a fly scan are not collected yet."""
        self._held = 0
        while number > 0 and self.wanted and self.points[self.wanted - 1].flown:
            last = self.points[self.wanted - 1]
            held = min(number, last.events)
            if held < last.events:
                self.points.insert(self.wanted, last.split(last.events - held))
            self._held += 1
            number -= held

    def hold_back_others(self) -> None:
        """What stands in another resource than the first point is not collected yet, either."""
        while self.wanted > 1 and self.points[self.wanted - 1].resource is not self.points[0].resource:
            self._held += 1

    def take(self, number: int) -> list[Point]:
        """The first so many points; they wait no more."""
        taken, self.points = self.points[:number], self.points[number:]
        self._held = min(self._held, len(self.points))
        return taken

    def drop_steps(self) -> list[Point]:
        """Points at the end that bluesky triggered, one by one, wait no more."""
        first = len(self.points)
        while first and self.points[first - 1].is_step:
            first -= 1
        dropped, self.points = self.points[first:], self.points[:first]
        warn_of(dropped)
        return dropped

    def drop_held(self) -> list[Point]:
        """What is held back waits no more."""
        dropped = self.points[self.wanted :]
        del self.points[self.wanted :]
        self._held = 0
        warn_of(dropped)
        return dropped

    def move_to(self, resource: Resource) -> None:
        """They stand in another resource from now on."""
        for point in self.points:
            point.resource, point.row = resource, resource.points
            point.datum_id = resource.datum_id()
            resource.points += point.events

    def clear(self) -> None:
        """None waits any more."""
        self.points.clear()
        self._held = 0


def warn_of(unread: Sequence[Point]) -> None:
    """Log that points are given up, if there are any."""
    if unread:
        name = unread[0].resource.document.get("data_key", "camera")
        logger.warning(
            "%s: %d points were taken and never read; their frames were taken out again", name, events(unread)
        )
