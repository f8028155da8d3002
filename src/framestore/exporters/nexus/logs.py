"""What was watched while the run went on: values with times of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from framestore_handlers import Run

from .links import link, with_units
from .names import free_name
from .times import iso
from .values import subgroup
from .written import Written

_SUFFIX = "_monitor"
"""Behind the name of a device: the stream of what ``bluesky.plan_stubs.monitor`` watches."""


def write_logs(instrument: Any, run: Run, written: Sequence[Written]) -> None:
    """A log of each number that was watched; https://manual.nexusformat.org/classes/base_classes/NXlog.html."""
    for stream in written:
        for key in stream.paths:
            if stream.stream.name.endswith(_SUFFIX) and stream.is_number(key):
                name = free_name(key, instrument, taken=("name",))
                _write(subgroup(instrument, name, "NXlog"), run, stream, key)


def _write(log: Any, run: Run, stream: Written, key: str) -> None:
    """A value, and when the device had it."""
    link(log, "value", with_units(stream.dataset(key)))
    events = [event or {} for event in stream.stream.rows(key)[1]]
    times = [(event.get("timestamps") or {}).get(key, event.get("time", np.nan)) for event in events]
    log["time"] = np.array(times, np.float64) - run.start["time"]
    log["time"].attrs.update(units="s", start=iso(run.start["time"]))
