"""Documents out of a run of databroker 1.x, by its v1 or its v2 interface."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeGuard

from .items import Pair


class DatabrokerRun(Protocol):
    """``catalog[-1]`` or ``catalog.v1[-1]``."""

    def documents(self, *, fill: Any) -> Iterable[Pair]:
        """(name, document) pairs, in their order."""
        ...


def is_run(source: object) -> TypeGuard[DatabrokerRun]:
    """Whether this is such a run."""
    return hasattr(source, "documents")


def pairs(run: DatabrokerRun) -> Iterator[Pair]:
    """The documents of a run, as they were inserted: no data is read."""
    fill = "no" if hasattr(run, "canonical") else False  # v2 and v1 say the same in two ways
    for name, document in run.documents(fill=fill):
        if name == "descriptor":
            _report_lost(document)
        yield name, document


def asking(run: DatabrokerRun) -> Callable[[], list[Pair]]:
    """A function that asks the catalog for the run anew, and gives all documents that there are by now.

    A run holds what was known of it when the catalog gave it out, so that has to read its data base again.
    """
    is_new = hasattr(run, "canonical")
    catalog: Any = run.catalog_object if is_new else run.db.v2  # type: ignore[attr-defined] - databroker has no types
    start: Any = run.metadata["start"] if is_new else run.start  # type: ignore[attr-defined]
    reported = False

    def ask() -> list[Pair]:
        nonlocal reported
        catalog.force_reload()
        documents = list(catalog[start["uid"]].documents(fill="no"))
        for name, document in () if reported else documents:
            if name == "descriptor":
                reported = True
                _report_lost(document)
        return documents

    return ask


def _report_lost(descriptor: dict[str, Any]) -> None:
    """Databroker 1.x drops StreamResource and StreamDatum documents in silence."""
    lost = [key for key, value in descriptor["data_keys"].items() if value.get("external") == "STREAM:"]
    if lost:
        warnings.warn(
            f"databroker 1.x keeps no StreamResource and StreamDatum documents: where the frames of {', '.join(lost)} "
            'are is not known from this run. Make cameras for it with documents="datum"; of this run, load the '
            "documents from elsewhere if they were recorded there too.",
            stacklevel=2,
        )
