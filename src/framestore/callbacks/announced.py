"""What StreamDatum documents announce of the frames of one data key: a few of the last, whatever the run's length."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

KEPT = 64
"""How many of those that events are through with are kept: an event that comes again may have the frames of before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """A range of frames; it may be of several consecutive documents."""

    uid: str
    """Of the first document."""
    descriptor: str
    """Uid of the descriptor."""
    resource: str
    """Uid of the StreamResource."""
    index: int
    """First index."""
    seq_num: int
    """First sequence number."""
    length: int
    """How many."""

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Announced":
        """What a StreamDatum document says; where its sequence numbers were not filled in, they go by its indices.

        Raises
        ------
        ValueError
            When it announces another number of indices than of sequence numbers.
        """
        indices, seq_nums = document["indices"], document["seq_nums"]
        length, first = indices["stop"] - indices["start"], seq_nums["start"]
        if seq_nums["stop"] == seq_nums["start"]:
            first = indices["start"] + 1
        elif seq_nums["stop"] - first != length:
            msg = f"stream_datum document {document['uid']}: indices {indices} and seq_nums {seq_nums} differ in number"
            raise ValueError(msg)
        return cls(
            uid=document["uid"],
            descriptor=document["descriptor"],
            resource=document["stream_resource"],
            index=indices["start"],
            seq_num=first,
            length=length,
        )

    def holds(self, seq_num: int) -> bool:
        """Whether the frames of the event of that number are in it."""
        return self.seq_num <= seq_num < self.seq_num + self.length

    def part(self, seq_num: int) -> "Announced":
        """That of one event."""
        return replace(self, index=self.index + seq_num - self.seq_num, seq_num=seq_num, length=1)

    def document(self, zero: int) -> dict[str, Any]:
        """A StreamDatum document of it whose indices count from ``zero``, the index of the first row of its file."""
        return {
            "uid": self.uid,
            "descriptor": self.descriptor,
            "stream_resource": self.resource,
            "indices": {"start": self.index - zero, "stop": self.index - zero + self.length},
            "seq_nums": {"start": self.seq_num, "stop": self.seq_num + self.length},
        }

    def goes_on(self, other: "Announced") -> bool:
        """Whether this begins where the other ends."""
        return (self.descriptor, self.resource, self.index, self.seq_num) == (
            other.descriptor,
            other.resource,
            other.index + other.length,
            other.seq_num + other.length,
        )


class Announcements:
    """Those of one data key in one stream. Ranges that events are through with are forgotten, but for the last few."""

    def __init__(self) -> None:
        self._ranges: deque[Announced] = deque()
        self.lowest: Announced | None = None

    def add(self, announced: Announced) -> None:
        """Take one."""
        if self.lowest is None or announced.index < self.lowest.index:
            self.lowest = announced
        if self._ranges and announced.goes_on(self._ranges[-1]):
            last = self._ranges.pop()
            announced = replace(last, length=last.length + announced.length)
        self._ranges.append(announced)

    def forget(self, seq_num: int) -> list[str]:
        """Forget what only events up to this number need, but for the last; uids of the resources of that."""
        gone: list[str] = []
        while len(self._ranges) > KEPT and self._ranges[0].seq_num + self._ranges[0].length <= seq_num + 1:
            gone.append(self._ranges.popleft().resource)
        return gone

    def __iter__(self) -> Iterator[Announced]:
        """Those that are kept."""
        return iter(self._ranges)

    def holding(self, seq_num: int) -> Announced | None:
        """The frames of the event of that number: of several, the last that were announced."""
        return next((found.part(seq_num) for found in reversed(self._ranges) if found.holds(seq_num)), None)
