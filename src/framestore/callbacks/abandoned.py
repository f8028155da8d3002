"""Runs that never end, since their RunEngines were killed."""

import logging
from collections.abc import Collection

MOST_OPEN = 16
"""Runs that may be open at a time: more are taken for abandoned ones."""

logger = logging.getLogger("framestore")


def abandoned(callback: str, open_runs: Collection[str]) -> list[str]:
    """Uids of the runs to forget, which began first, out of those that are open; the log tells of them.

    Examples
    --------
    >>> abandoned("LiveImage", "abc")
    []
    """
    found = list(open_runs)[: max(len(open_runs) - MOST_OPEN, 0)]
    for uid in found:
        logger.warning("%s forgets run %s: %d runs began after it, and it has not ended", callback, uid, MOST_OPEN)
    return found
