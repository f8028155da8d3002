"""Documents out of a run of databroker 1.x, by its v1 or its v2 interface."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeGuard


class DatabrokerRun(Protocol):
    """``catalog[-1]`` or ``catalog.v1[-1]``."""

    def documents(self, *, fill: Any) -> Iterable[tuple[str, Any]]:
        """(name, document) pairs, in their order."""
        ...


def is_run(source: object) -> TypeGuard[DatabrokerRun]:
    """Whether this is such a run."""
    return hasattr(source, "documents")


def pairs(run: DatabrokerRun) -> Iterator[tuple[str, Any]]:
    """The documents of a run, as they were inserted: no data is read."""
    fill = "no" if hasattr(run, "canonical") else False  # v2 and v1 say the same in two ways
    for name, document in run.documents(fill=fill):
        if name == "descriptor":
            _report_lost(document)
        yield name, document


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
