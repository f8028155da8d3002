"""Resources and datums that events still may refer to, in whatever order the runs come."""

from collections import deque
from itertools import repeat
from typing import Any

from framestore_handlers.pages import Page, datum_page

Document = dict[str, Any]

KEPT = 64
"""Datums that an event has named of which so many are kept: an event that comes again names the same."""
_RESOURCES = 2048
"""Resources that are kept at least, the newest; of older ones, those whose datums may still be named."""


class References:
    """Resource, StreamResource and Datum documents by what names them.

    A Resource need not tell its run: such ones are kept until no run is open. Of a run of very many files, the oldest
    are forgotten.
    """

    def __init__(self) -> None:
        self._resources: dict[str, Document] = {}
        self._datums: dict[str, Document | tuple[Page, int]] = {}
        self._named: deque[str] = deque()

    def add_resource(self, document: Document) -> None:
        """Take a Resource or a StreamResource."""
        self._resources[document["uid"]] = document
        if len(self._resources) > 2 * _RESOURCES:
            self._forget_oldest()

    def add_datum(self, document: Document) -> None:
        """Take a Datum."""
        self._datums[document["datum_id"]] = document

    def add_datum_page(self, document: Document) -> None:
        """Take a DatumPage; ValueError when its columns are not of one length."""
        page = datum_page(document)
        self._datums.update(zip(document["datum_id"], zip(repeat(page), range(page.rows), strict=False), strict=False))

    def resource(self, uid: str) -> Document | None:
        """That of this uid, if it came."""
        return self._resources.get(uid)

    def datum(self, datum_id: Any) -> Document | None:
        """That of this id, if it came; of those that were asked for, the last are kept."""
        found = self._datums.get(datum_id) if isinstance(datum_id, str) else None
        if found is None:
            return None
        self._named.append(datum_id)
        while len(self._named) > KEPT:
            oldest = self._named.popleft()
            if oldest not in self._named:
                self._datums.pop(oldest, None)
        return found[0].row(found[1]) if isinstance(found, tuple) else found

    def forget(self, uids: list[str]) -> None:
        """Forget some resources."""
        for uid in uids:
            self._resources.pop(uid, None)

    def forget_run(self, uid: str, *, is_last: bool) -> None:
        """Forget what belongs to a run; ``is_last``: no run is open now, so all."""
        self._resources = (
            {} if is_last else {key: found for key, found in self._resources.items() if found.get("run_start") != uid}
        )
        self._datums = {key: found for key, found in self._datums.items() if _resource_of(found) in self._resources}
        self._named = deque(datum_id for datum_id in self._named if datum_id in self._datums)

    def _forget_oldest(self) -> None:
        needed = {_resource_of(found) for found in self._datums.values()}
        oldest = list(self._resources)[:-_RESOURCES]
        self.forget([uid for uid in oldest if uid not in needed and "spec" in self._resources[uid]])


def _resource_of(found: Document | tuple[Page, int]) -> str:
    return found[0].document["resource"] if isinstance(found, tuple) else found["resource"]
