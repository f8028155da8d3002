"""Which sums the numbers need: what nobody asked for is not computed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a pass has to find out."""

    largest: bool
    """The largest pixel."""
    x: bool
    """Sums over columns."""
    y: bool
    """Sums over rows, or those weighted with the row's index."""
    total: bool
    """The sum of all, from whichever of those."""

    @property
    def sums(self) -> bool:
        """Whether anything is summed up."""
        return self.total or self.x or self.y


def wanted(names: Sequence[str]) -> Wanted:
    """What the statistics of these names need."""
    return Wanted(
        largest="max" in names,
        x="centroid_x" in names,
        y="centroid_y" in names,
        total=bool({"mean", "sum"} & set(names)),
    )
