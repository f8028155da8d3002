"""What the numbers that a camera gives its frames tell of frames that are missing."""

import operator

_COUNTERS = (16, 32)
"""Bits of counters that begin anew; GigE Vision's are 16 and go from 65535 to 1 (GigE Vision 1.2, block_id)."""
_NEAR = 4096
"""How near to its end a counter must be, and how near to its beginning then, to have begun anew."""


class FrameIds:
    """Follows the ids of frames that a camera gives one after another."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._odd: int | None = None

    @property
    def last(self) -> int:
        """Id of the last frame that counted; -1 before the first."""
        return -1 if self._last is None else self._last

    def forget(self) -> None:
        """Expect any id next."""
        self._last = self._odd = None

    def missing(self, frame_id: int) -> int | None:
        """How many frames are missing between the last one and this; None when this one is no new frame.

        Raises
        ------
        TypeError
            When the id is no whole number.

        Examples
        --------
        >>> ids = FrameIds()
        >>> [ids.missing(number) for number in (65533, 65534, 65535, 1, 2, 5, 5, 4, 6)]
        [0, 0, 0, 0, 0, 2, None, None, 0]
        """
        number = operator.index(frame_id)
        if self._last is None or number > self._last:
            gap = 0 if self._last is None else number - self._last - 1
        else:
            gap = self._behind(number, self._last)
        if gap is None:
            self._odd = number
        else:
            self._last, self._odd = number, None
        return gap

    def _behind(self, number: int, last: int) -> int | None:
        """The gap before a number that is not above the last."""
        if number == last:
            return None
        for bits in _COUNTERS:
            top = 2**bits - 1
            if top - _NEAR < last <= top and number < _NEAR:
                return max(top - last + number - (number > 0), 0)
        restarted = self._odd is not None and number == self._odd + 1
        return 0 if restarted else None
