"""Which frames of which resource stand beside which sequence numbers, as StreamDatum documents tell it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import overload


@dataclass(slots=True)
class FrameRange:
    """What one or several consecutive StreamDatum documents say."""

    resource: str
    """Uid of the StreamResource."""
    index: int
    """First index."""
    seq_num: int
    """First sequence number."""
    length: int
    """How many."""


class Ranges(Sequence[FrameRange]):
    """The ranges of a data key in the order they came; consecutive ones are one."""

    def __init__(self) -> None:
        self._came: list[FrameRange] = []
        self._last: FrameRange | None = None
        self._before: int | None = None

    def add(self, resource: str, index: int, seq_num: int, length: int) -> None:
        """Take what a StreamDatum says."""
        last = self._last
        if (
            last is not None
            and last.resource == resource
            and last.index + last.length == index
            and last.seq_num + last.length == seq_num
        ):
            last.length += length
            return
        self._last = FrameRange(resource, index, seq_num, length)
        self._came.append(self._last)

    @property
    def last_length(self) -> int:
        """Length of the last."""
        return self._last.length if self._last else 0

    def so_far(self) -> "Ranges":
        """Those that came so far; what comes later is not among them. It takes no time, however many there are."""
        ranges = Ranges()
        if self._last is not None:
            ranges._came, ranges._before, ranges._last = self._came, len(self._came) - 1, replace(self._last)
        return ranges

    def __len__(self) -> int:
        """How many."""
        return len(self._came) if self._before is None else self._before + 1

    def __iter__(self) -> Iterator[FrameRange]:
        """Each, in the order they came."""
        if self._before is None or self._last is None:
            return iter(self._came)
        return chain(islice(self._came, self._before), (self._last,))

    @overload
    def __getitem__(self, index: int) -> FrameRange: ...
    @overload
    def __getitem__(self, index: slice) -> list[FrameRange]: ...
    def __getitem__(self, index: int | slice) -> FrameRange | list[FrameRange]:
        """One, or several; for more than a few, iterate."""
        return list(self)[index]
