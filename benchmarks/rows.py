"""A row of the table: what is measured, against what, and how far it should be."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

Times = Mapping[str, float]
"""Seconds by contender, of one round; of a row with another unit, that."""

Sample = Callable[[], float]
"""Do the work of a contender once, check its result, and return the seconds (or other units) that it alone took."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """Where the median of a row's ratios should be."""

    limit: float
    """The ratio that is just good enough."""
    at_least: bool
    """Whether larger ratios are better."""

    def met(self, ratio: float) -> bool:
        """Whether ``ratio`` is good enough."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        """As the table shows it."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


def at_least(limit: float) -> Goal:
    """Good from ``limit`` upwards."""
    return Goal(limit=limit, at_least=True)


def at_most(limit: float) -> Goal:
    """Good up to ``limit``."""
    return Goal(limit=limit, at_least=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One comparison."""

    name: str
    """Short, unique, what ``--rows`` takes."""
    measures: str
    """What of ours is measured."""
    baseline: str
    """What it is compared with."""
    work: str
    """What a sample is of, such as ``"point"``."""
    goal: Goal
    """Where the ratio should be."""
    contenders: Callable[[], AbstractContextManager[Mapping[str, Sample]]]
    """Set up, give the samples by contender in the order of each round, and clean up."""
    ratio: Callable[[Times], float]
    """Ratio out of the seconds of one round."""
    detail: Callable[[Times], str]
    """Absolute numbers in words, out of the contenders' medians."""
    unit: str = "seconds"
    """Unit of the samples."""
    rounds: int = 7
    """Rounds that count, unless the command says how many."""
