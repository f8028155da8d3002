"""Runs that have ended: what is delivered once more refers to them."""

from collections.abc import Iterable

_MOST = 4096


class Ended:
    """Uids of the runs that ended last, and of their descriptors.

    Examples
    --------
    >>> ended = Ended()
    >>> ended.add(["0d6a"])
    >>> "0d6a" in ended
    True
    """

    def __init__(self) -> None:
        self._uids: dict[str, None] = {}

    def add(self, uids: Iterable[str]) -> None:
        """Take note of some; the oldest are forgotten."""
        self._uids.update(dict.fromkeys(uids))
        for uid in list(self._uids)[: max(len(self._uids) - _MOST, 0)]:
            del self._uids[uid]

    def begin(self, uid: str) -> None:
        """The run begins once more."""
        self._uids.pop(uid, None)

    def __contains__(self, uid: object) -> bool:
        """Whether it is one of them."""
        return uid in self._uids
