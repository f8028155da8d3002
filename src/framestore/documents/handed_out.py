"""Documents that were handed out, and what became of them."""

from collections.abc import Sequence

from .records import Family, Point
from .streams import Streams


class HandedOut:
    """The points whose documents were collected last: bluesky emits them when it saves, or drops them.

    Parameters
    ----------
    family
        Of their documents, which tells whether one was emitted.
    streams
        What is known of streams.
    """

    def __init__(self, family: Family, streams: Streams) -> None:
        self._family = family
        self._streams = streams
        self._points: list[Point] = []
        self._given_up: list[Point] = []
        self.unread = False
        """Whether points that were never read left the file at the end of a staging."""

    @property
    def last(self) -> Point | None:
        """The last of them."""
        return self._points[-1] if self._points else None

    def hand_out(self, points: Sequence[Point]) -> None:
        """These are collected."""
        self._points = list(points)

    def clear(self) -> None:
        """Nothing more is to be found out."""
        self._points.clear()

    def dropped(self) -> list[Point]:
        """Points that bluesky has collected and, now that it goes on to the next, will not emit any more."""
        return [point for point in self.not_emitted() if not point.by_hand]

    def not_emitted(self, *, unless_known: bool = False) -> list[Point]:
        """Points that were not emitted; with ``unless_known`` also those of which nobody knows."""
        wanted = {False, None} if unless_known else {False}
        return [point for point in self._points if self._family.emitted(point.document) in wanted]

    def give_up(self, points: Sequence[Point]) -> None:
        """Their frames leave the file, though it is not sure that they will not be emitted."""
        self._given_up = list(points)

    def check_unread(self) -> None:
        """A read finds no point; RuntimeError, once, when that left the file at the end of the staging."""
        if self.unread:
            self.unread = False
            msg = (
                "the plan unstaged the camera between the trigger and the read of a point, the frames of which were "
                "taken out of the file, since nobody knew that it would come; have the plan read before it unstages"
            )
            raise RuntimeError(msg)

    def pause(self) -> None:
        """They may be dropped, and read again, with new datum ids."""
        for point in self._points:
            point.datum_id = point.resource.datum_id()

    def check(self) -> None:
        """Look where they went.

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
        for point in self._points:
            if self._family.emitted(point.document):
                try:
                    self._streams.found(point)
                except RuntimeError:
                    self.clear()  # told once
                    raise
