"""The documents that come while a plan goes on."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

_REFERS_TO = MappingProxyType(
    {
        "descriptor": "run_start",
        "resource": "run_start",
        "stream_resource": "run_start",
        "stop": "run_start",
        "event": "descriptor",
        "event_page": "descriptor",
        "stream_datum": "descriptor",
        "datum": "resource",
        "datum_page": "resource",
    }
)
"""Where a document names the one that it belongs to."""


class Recorded:
    """Documents of the runs that begin while this is subscribed; those of others are left out, such as their monitors'.

    (name, document) pairs, in the order they came.
    """

    def __init__(self) -> None:
        self._pairs: list[tuple[str, Mapping[str, Any]]] = []
        self._uids: set[str] = set()

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        """Take a document."""
        field = _REFERS_TO.get(name, "")
        if field in doc and doc[field] not in self._uids:
            return
        self._pairs.append((name, doc))
        if "uid" in doc:
            self._uids.add(doc["uid"])

    def __iter__(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Those that came so far."""
        return iter(self._pairs)

    @property
    def run(self) -> str | None:
        """Uid of the first run; None when none was begun."""
        return next((doc["uid"] for name, doc in self._pairs if name == "start"), None)
