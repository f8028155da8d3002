"""How many threads may encode frames."""

import os

_MOST = 8
"""More threads than this share the bandwidth of memory, and starve what else the computer does."""


def usable_cpus() -> int:
    """Processors that this process may use, up to a limit."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(count or 1, _MOST)
