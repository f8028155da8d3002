"""To which stream of which run the points of a camera go, as far as it can know."""

from collections.abc import Sequence

from .records import Point, Stream


class Streams:
    """The stream that points go to now, and those that bluesky has filled into documents."""

    def __init__(self) -> None:
        self.current = Stream()
        """Where the next point goes."""
        self._announced = 0
        self._unclaimed = 0
        self._flight_has_one = False
        self._run: str | None = None
        self._known: dict[str, Stream] = {}

    def begin_staging(self) -> None:
        """Go on with a stream that was emitted; whatever else there was is forgotten."""
        self._unclaimed = 0
        if not self.current.described:
            self.current = Stream()

    def begin_by_hand(self) -> None:
        """Somebody collects by hand, in a new file: it does not go on with a stream of a run."""
        if self.current.described:
            self.current = Stream()

    def announce(self) -> None:
        """A stream will be read that was not read before."""
        self._announced += 1

    @property
    def is_announced(self) -> bool:
        """Whether the next point belongs to a stream that was not read before."""
        return self._announced > 0

    def pass_over(self) -> None:
        """What was announced was read without a point."""
        self._unclaimed += self._announced
        self._announced = 0

    def claim(self) -> bool:
        """Take the stream that was announced for the next point; whether there was one."""
        if not self._announced:
            return False
        self._unclaimed += self._announced - 1
        self._announced = 0
        self.current = Stream()
        return True

    def begin_flight(self) -> None:
        """Take the stream that was announced for the points of a fly scan, if one was."""
        self._flight_has_one = self.claim()

    def claim_for_flight(self) -> bool:
        """The same with its first points, if one was announced late; what is announced after that is for others."""
        late = not self._flight_has_one and self.claim()
        self._flight_has_one = True
        return late

    @property
    def next_index(self) -> int:
        """Index of the next point: of the fly scan that was begun last, if its stream is known."""
        return 0 if self._announced and not self._flight_has_one else self.current.next_index

    def check_form(self, points: Sequence[Point]) -> None:
        """Refuse points whose frames are not as those before, in the same stream; RuntimeError.

        bluesky describes a stream once in a run. Nobody could read frames that are otherwise.
        """
        for point in points:
            form = self.current.form = self.current.form or point.resource.form
            if point.resource.form != form and self.current.described and not point.by_hand:
                data_key = point.resource.document.get("data_key", "camera")
                msg = (
                    f"{data_key}: events of this stream have frames of the form {form}, the next one has "
                    f"{point.resource.form} (frames in an event, and their shape); take those in a stream of their own"
                )
                raise RuntimeError(msg)

    def found(self, point: Point) -> None:
        """A point was emitted; its document tells where.

        Raises
        ------
        RuntimeError
            When that is not the stream that it was handed out for.
        """
        if point.stream is None:
            return
        if self._run != point.resource.run:
            self._run = point.resource.run
            self._known.clear()
        descriptor = point.document["descriptor"]
        declared_before = descriptor not in self._known and point.stream.described and self._unclaimed
        known = self._known.setdefault(descriptor, point.stream)
        point.stream.described = True
        if known is not point.stream or declared_before:
            data_key = point.resource.document["data_key"]
            msg = (
                f"{data_key}: the plan saved an event in a stream that the camera had left for another, or that was "
                "declared together with another before the first trigger: its documents name frames of the wrong "
                "stream; take the points of each stream together, or each stream in a run of its own "
                "(a camera that takes points cannot stand in the baseline as well)"
            )
            raise RuntimeError(msg)
