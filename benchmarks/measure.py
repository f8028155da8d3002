"""Rounds of samples, contenders in turn, and what is made of them."""

import gc
from dataclasses import dataclass
from statistics import median
from typing import Any

from .rows import Row


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a row gave."""

    row: Row
    """The row."""
    samples: dict[str, list[float]]
    """By contender, one a round, in the row's unit."""
    ratios: list[float]
    """One a round."""

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios."""
        return median(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the median reaches the goal."""
        return self.row.goal.met(self.ratio)

    @property
    def detail(self) -> str:
        """Absolute numbers, of the medians."""
        return self.row.detail({name: median(samples) for name, samples in self.samples.items()})

    def as_json(self) -> dict[str, Any]:
        """All that was measured, as plain numbers and strings."""
        return {
            "name": self.row.name,
            "measures": self.row.measures,
            "baseline": self.row.baseline,
            "samples_are": f"{self.row.unit} per {self.row.work}",
            "samples": self.samples,
            "ratios": self.ratios,
            "ratio_median": self.ratio,
            "ratio_min": min(self.ratios),
            "ratio_max": max(self.ratios),
            "goal": str(self.row.goal),
            "met": self.met,
            "detail": self.detail,
        }


def measure(row: Row, repeat: int | None = None) -> Result:
    """Measure a row in ``repeat`` rounds, or as many as the row itself says.

    Each round samples every contender once, one right after the other (A B A B ...), so that a machine that slows
    down slows all of them; the ratio is taken within a round. One more round goes before and does not count: imports,
    caches and first-touched pages. The garbage of one sample is collected before the next; else the collector runs
    as it does for users.

    Raises
    ------
    Exception
        Whatever a contender raised; AssertionError when its result was wrong.
    """
    samples: dict[str, list[float]] = {}
    ratios: list[float] = []
    with row.contenders() as contenders:
        for round_ in range((repeat or row.rounds) + 1):
            times: dict[str, float] = {}
            for name, sample in contenders.items():
                gc.collect()
                times[name] = sample()
            if round_ == 0:
                continue
            for name, time in times.items():
                samples.setdefault(name, []).append(time)
            ratios.append(row.ratio(times))
    return Result(row=row, samples=samples, ratios=ratios)
