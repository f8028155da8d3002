"""Results as a table and as JSON."""

import datetime as dt
import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import h5py

from .measure import Result

_PACKAGES = (
    "framestore",
    "framestore-handlers",
    "numpy",
    "h5py",
    "bluesky",
    "ophyd",
    "ophyd-async",
    "event-model",
    "dask",
)
_HEAD = ("row", "what is measured", "baseline", "ratio median [min-max]", "goal", "met", "detail")


def table(results: Sequence[Result]) -> str:
    """Plain text, a line a row."""
    lines = [_HEAD, *(_cells(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """All raw numbers, and where and when they came to be."""
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {"platform": platform.platform(), "cpus": os.cpu_count(), "load_average": os.getloadavg()},
        "versions": {
            "python": platform.python_version(),
            "hdf5": h5py.version.hdf5_version,
            **dict(_versions()),
        },
        "rows": [result.as_json() for result in results],
    }


def _cells(result: Result) -> tuple[str, ...]:
    spread = f"{result.ratio:.2f} [{min(result.ratios):.2f}-{max(result.ratios):.2f}]"
    met = "yes" if result.met else "no"
    return result.row.name, result.row.measures, result.row.baseline, spread, str(result.row.goal), met, result.detail


def _versions() -> Iterator[tuple[str, str | None]]:
    """Version by distribution; None for one that is not installed."""
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, None
