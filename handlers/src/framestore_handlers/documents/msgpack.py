"""Documents as msgpack, as suitcase-msgpack writes them: (name, document) after (name, document)."""

import re
from collections.abc import Iterator
from math import prod
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .items import Pair, bad_item, checked, warn_cut

_PIECE = 2**20
_MOST_BYTES = 2**31 - 1
"""Of a document that is not whole yet."""
_MOST_ITEMS = 2**22
"""Of a list or a mapping: room for the items of a list is made before they are read, in lists within lists anew."""
_NO_ITEM: Any = object()
_SIMPLE = re.compile(r"[<>|=]?[biufcmMSU?]\d*(\[\d*\w+\])?")
"""Types of numbers, times and strings, as numpy names them. ``O`` is not among them: those items are pickled code."""


def pairs(path: Path) -> Iterator[Pair]:
    """The documents of a ``.msgpack`` file. A last one that was cut off is reported and left out.

    Raises
    ------
    ValueError
        When there is something else than documents; it says which item.
    ModuleNotFoundError
        When msgpack is not installed; it names the command that mends it.
    """
    with path.open("rb") as file:
        items = Items(path, most_items=path.stat().st_size)
        while data := file.read(_PIECE):
            yield from items.pairs(data)
    if items.is_cut:
        warn_cut(path, f"document {items.count + 1}")


class Items:
    """The documents of a ``.msgpack`` file that is being written."""

    def __init__(self, path: Path, most_items: int = _MOST_ITEMS) -> None:
        try:
            import msgpack  # noqa: PLC0415 - optional, imported where it is used
        except ModuleNotFoundError as error:
            msg = f"to read {path}, msgpack is needed: pip install 'framestore-handlers[msgpack]'"
            raise ModuleNotFoundError(msg, name="msgpack") from error
        self._path = path
        self._given = self._whole = 0
        self.count = 0
        most = min(most_items, _MOST_ITEMS)
        self._unpacker: Any = msgpack.Unpacker(
            object_hook=_decoded,
            ext_hook=_no_extension,
            max_buffer_size=_MOST_BYTES,
            max_array_len=most,
            max_map_len=most,
        )

    @property
    def is_cut(self) -> bool:
        """Whether the last document is not whole."""
        return self._whole != self._given

    def pairs(self, data: bytes) -> Iterator[Pair]:
        """The documents that are whole; see `Parser`."""
        self._unpacker.feed(data)
        self._given += len(data)
        while (item := self._next()) is not _NO_ITEM:
            self._whole = self._unpacker.tell()
            yield self._pair(item)
            self.count += 1

    @property
    def _place(self) -> str:
        return f"item {self.count + 1}"

    def _next(self) -> Any:
        """The next item; `_NO_ITEM` where it is not whole yet."""
        try:
            return next(self._unpacker, _NO_ITEM)
        except (ValueError, TypeError, RecursionError) as error:
            raise bad_item(self._path, self._place, f"{type(error).__name__}: {error}") from error

    def _pair(self, item: Any) -> Pair:
        match item:
            case [name, document]:
                return checked(name, document, self._path, self._place)
            case _:
                raise bad_item(self._path, self._place, f"it is {item!r:.40}, not a name and a document")


def _decoded(item: dict[Any, Any]) -> Any:
    """What msgpack-numpy made of an array, a number of numpy, or a complex number, and anything else as it is.

    See https://github.com/lebedov/msgpack-numpy. Unlike there, nothing is unpickled.
    """
    if b"nd" in item:
        return _array(item) if item[b"nd"] else _array({**item, b"shape": ()})[()]
    if b"complex" in item:
        return complex(str(item[b"data"]))
    return item


def _array(item: dict[Any, Any]) -> NDArray[Any]:
    try:
        dtype, shape, data = _dtype(item[b"type"]), tuple(map(index, item[b"shape"])), item[b"data"]
        fits = min(shape, default=0) >= 0 and prod(shape) * dtype.itemsize == len(data)
    except (KeyError, TypeError) as error:
        msg = f"an array of numpy that is not one: {type(error).__name__}: {error}"
        raise ValueError(msg) from error
    if not fits:
        msg = f"an array of numpy of {shape} {dtype} has {len(data)} bytes"
        raise ValueError(msg)
    return np.frombuffer(data, dtype).reshape(shape)


def _dtype(described: Any) -> np.dtype[Any]:
    """From numpy's name of a type, or a list of fields: (name, type, shape)."""
    match described:
        case str() if _SIMPLE.fullmatch(described):
            return np.dtype(described)
        case [*fields] if fields:
            return np.dtype([(_text(name), _dtype(kind), *shape) for name, kind, *shape in fields])
        case _:
            msg = f"an array of numpy of the type {described!r:.40}, which is not read: numbers, times, text are"
            raise ValueError(msg)


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _no_extension(code: int, data: bytes) -> Any:
    msg = f"msgpack's extension type {code} ({len(data)} bytes), which documents do not have"
    raise ValueError(msg)
