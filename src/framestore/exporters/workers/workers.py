"""What all that do the work have in common."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Workers(Protocol):
    """Do pieces of work, here or elsewhere."""

    @property
    def count(self) -> int:
        """How many pieces are worked on at a time; 1: one after another, in this process."""
        ...

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results of the pieces, in their order. Not many more of them are taken than are worked on.

        Elsewhere than in this process, function, pieces and results are pickled.

        Raises
        ------
        Exception
            What ``function`` raised, of the first piece for which it did; those behind it are left out.
        """
        ...

    def close(self) -> None:
        """End; pieces that were begun are done, or given up, before this returns."""
        ...
