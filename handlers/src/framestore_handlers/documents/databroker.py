"""Documents out of a run of databroker 1.x, by its v1 or its v2 interface."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeGuard


class DatabrokerRun(Protocol):
    """``catalog[-1]`` or ``catalog.v1[-1]``."""

    def documents(self, *, fill: Any) -> Iterable[tuple[str, Any]]:
        """(name, document) pairs, in their order."""
        ...


def is_run(source: object) -> TypeGuard[DatabrokerRun]:
    """Whether this is such a run."""
    return hasattr(source, "documents")


def pairs(run: DatabrokerRun) -> Iterable[tuple[str, Any]]:
    """The documents of a run, as they were inserted: no data is read. The two interfaces say that in two ways."""
    return run.documents(fill="no" if hasattr(run, "canonical") else False)
