"""A region of interest: a rectangle of pixels."""

from dataclasses import dataclass, fields
from operator import index


@dataclass(frozen=True, kw_only=True, slots=True)
class ROI:
    """A rectangle of a frame, in pixels; that of a one-dimensional frame has ``y=0, height=1``.

    Raises
    ------
    ValueError
        When an edge is no whole number of pixels, or outside any frame.

    Examples
    --------
    >>> from framestore import ROI
    >>> ROI(x=100, y=20, width=40, height=30)
    ROI(x=100, y=20, width=40, height=30)
    """

    x: int
    """Its first column, counted to the right from 0, the frame's left edge."""
    y: int
    """Its first row, counted down from 0, the frame's upper edge."""
    width: int
    """How many columns, from 1 on."""
    height: int
    """How many rows, from 1 on."""

    def __post_init__(self) -> None:
        """Check each field."""
        for field in fields(self):
            least = 1 if field.name in {"width", "height"} else 0
            _check(field.name, getattr(self, field.name), least)


def _check(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number, or too small; numpy's integers are fine."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or index(value) < least:  # type: ignore[arg-type]
        msg = f"ROI: {name} must be a whole number of pixels from {least} on, not {value!r}"
        raise ValueError(msg)
