"""The events of a stream, in the order they came."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import Any, cast, overload

from .pages import Document, Page, datum_page, event_page

ABSENT: Any = object()
"""Stands for the value of a data key that an event lacks."""


class Events(Sequence[Document]):
    """Event documents. Whole columns of them are had fastest."""

    def __init__(self) -> None:
        self._came: list[Document | Page] = []
        self._items: int | None = None
        self._more = 0
        self._are_paged = False

    def add(self, event: Document) -> None:
        """Take an Event."""
        self._came.append(event)

    def add_page(self, document: Document) -> None:
        """Take an EventPage; see `event_page` for what is raised."""
        page = event_page(document)
        self._came.append(page)
        self._more += page.rows - 1
        self._are_paged = True

    def so_far(self) -> "Events":
        """Those that came so far; what comes later is not among them. It takes no time, however many there are."""
        events = Events()
        events._came, events._items = self._came, len(self._came)
        events._more, events._are_paged = self._more, self._are_paged
        return events

    def seq_nums(self) -> list[int]:
        """Sequence number of each."""
        return self._column("seq_num")

    def times(self) -> list[float]:
        """Time of each, POSIX seconds."""
        return self._column("time")

    def values(self, key: str) -> list[Any]:
        """Value of a data key in each; `ABSENT` where there is none."""
        values: list[Any] = []
        item: Document | Page = {}
        try:
            for item in self._those():
                if isinstance(item, Page):
                    values.extend(item.document["data"].get(key, repeat(ABSENT, item.rows)))
                else:
                    values.append(item["data"].get(key, ABSENT))
        except (KeyError, TypeError, AttributeError) as error:
            raise _broken(item, error) from error
        return values

    def __len__(self) -> int:
        """How many."""
        return (len(self._came) if self._items is None else self._items) + self._more

    def __iter__(self) -> Iterator[Document]:
        """Each as a document, those of pages too."""
        return chain.from_iterable(item if isinstance(item, Page) else (item,) for item in self._those())

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> list[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | list[Document]:
        """One as a document, or several; for more than a few, iterate."""
        if self._are_paged or isinstance(index, slice):
            return list(self)[index]
        return cast("Document", self._came[range(len(self))[index]])

    def _column(self, field: str) -> list[Any]:
        column: list[Any] = []
        item: Document | Page = {}
        try:
            for item in self._those():
                if isinstance(item, Page):
                    column.extend(item.document[field])
                else:
                    column.append(item[field])
        except (KeyError, TypeError, AttributeError) as error:
            raise _broken(item, error) from error
        return column

    def _those(self) -> Iterator[Document | Page]:
        return islice(self._came, self._items)


def _broken(item: Document | Page, error: Exception) -> ValueError:
    document = item.document if isinstance(item, Page) else item
    uid = document.get("uid", "without uid")
    lacks = f"has no {error}" if isinstance(error, KeyError) else f"is none: {type(error).__name__}: {error}"
    return ValueError(f"event document {uid!s:.80} {lacks}")


class Datums(Mapping[str, Document]):
    """Datum documents by datum_id."""

    def __init__(self) -> None:
        self._known: dict[str, Document | int] = {}
        self._pages: list[Page] = []
        self._firsts: list[int] = []
        self._rows = 0

    def add(self, datum: Document) -> None:
        """Take a Datum."""
        self._known[datum["datum_id"]] = datum

    def add_page(self, document: Document) -> None:
        """Take a DatumPage; see `datum_page` for what is raised."""
        page = datum_page(document)
        self._pages.append(page)
        self._firsts.append(self._rows)
        self._known.update(zip(document["datum_id"], range(self._rows, self._rows + page.rows), strict=True))
        self._rows += page.rows

    def __getitem__(self, datum_id: str) -> Document:
        """That of this id."""
        found = self._known[datum_id]
        if not isinstance(found, int):
            return found
        number = bisect_right(self._firsts, found) - 1
        page = self._pages[number]
        kwargs = page.cells("datum_kwargs", found - self._firsts[number])
        return {"datum_id": datum_id, "resource": page.document["resource"], "datum_kwargs": kwargs}

    def __iter__(self) -> Iterator[str]:
        """Ids."""
        return iter(self._known)

    def __len__(self) -> int:
        """How many."""
        return len(self._known)
