"""Work that is done in this process alone."""

from collections.abc import Callable, Iterable, Iterator

from .workers import Item, Result


class Serial:
    """One piece after another, here."""

    @property
    def count(self) -> int:
        """One."""
        return 1

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, each when it is asked for."""
        return map(function, items)

    def close(self) -> None:
        """Do nothing: no piece is under way."""
