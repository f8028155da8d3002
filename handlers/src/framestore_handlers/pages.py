"""EventPage and DatumPage documents: rows by column, kept so. 100,000 rows are not worth 100,000 dictionaries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page whose columns are of one length."""

    document: Document
    """The page."""
    fields: tuple[str, ...]
    """Which fields of it have a value a row."""
    tables: tuple[str, ...]
    """Which fields of it have a column by name."""
    rows: int
    """How many."""

    def row(self, number: int) -> Document:
        """The document that stands in a row."""
        columns = (*self.fields, *self.tables)
        rest = {field: value for field, value in self.document.items() if field not in columns}
        values = {field: self.document[field][number] for field in self.fields}
        return {**rest, **values, **{table: self.cells(table, number) for table in self.tables}}

    def cells(self, table: str, number: int) -> dict[str, Any]:
        """What a row has of the columns by name of one field."""
        return {name: column[number] for name, column in self.document.get(table, {}).items()}

    def __iter__(self) -> Iterator[Document]:
        """The documents of all rows."""
        return map(self.row, range(self.rows))


def event_page(document: Document) -> Page:
    """That of an EventPage document.

    Raises
    ------
    KeyError
        When it lacks a field.
    ValueError
        When its columns are not of one length.
    """
    fields = tuple(field for field in ("uid", "seq_num", "time") if field in document or field != "uid")
    return _page(document, fields, ("data", "timestamps", "filled"), "seq_num")


def datum_page(document: Document) -> Page:
    """That of a DatumPage document; it raises what `event_page` does."""
    return _page(document, ("datum_id",), ("datum_kwargs",), "datum_id")


def _page(document: Document, fields: tuple[str, ...], tables: tuple[str, ...], counted: str) -> Page:
    rows = len(document[counted])
    lengths = {field: len(document[field]) for field in fields}
    document[tables[0]]  # the others need not be there
    for table in tables:
        lengths |= {f"{table} of {name!r}": len(column) for name, column in document.get(table, {}).items()}
    for column, length in lengths.items():
        if length != rows:
            begins = document[counted][0] if rows else None
            msg = f"the page that begins with {counted} {begins!r} has {rows} rows, but {length} of {column}"
            raise ValueError(msg)
    return Page(document=document, fields=fields, tables=tables, rows=rows)
