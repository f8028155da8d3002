"""Numbers of frames that come without events."""

from dataclasses import replace

from .announced import Announced

_SEEN = 1024
"""Documents that are known again when they are delivered twice."""


class Numbering:
    """Gives each range of frames of one data key numbers of its own.

    After a pause bluesky counts again from the last checkpoint on, though the frames are others. As for ``load``, they
    are then numbered as they come.
    """

    def __init__(self) -> None:
        self._highest = 0
        self._count = 0

    def numbered(self, announced: Announced) -> Announced:
        """The range by the numbers that it has here."""
        again = announced.seq_num <= self._highest
        found = replace(announced, seq_num=max(self._highest, self._count) + 1) if again else announced
        self._count += found.length
        self._highest = found.seq_num + found.length - 1
        return found


class Seen:
    """Uids of the documents that came last."""

    def __init__(self) -> None:
        self._uids: dict[str, None] = {}

    def again(self, uid: str) -> bool:
        """Whether it came before, as far as that is known; it is known from now on."""
        if uid in self._uids:
            return True
        self._uids[uid] = None
        if len(self._uids) > _SEEN:
            del self._uids[next(iter(self._uids))]
        return False
