"""Documents as text, in files of images: the same text in TIFF, HDF5 and NeXus."""

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

import numpy as np

_WORDS = str | int | float | bool | None
_NUMBERS = "biuf"
"""Kinds of arrays whose values JSON has words for."""


def as_json(document: Any) -> str:
    """A document as JSON, all ASCII, its keys in their order: the same document gives the same text.

    NaN and infinities stand as Python's `json` writes and reads them: ``NaN``, ``Infinity``, ``-Infinity``. Arrays are
    lists, and times that are no numbers are text as by ISO 8601. Bytes are ``{"base64": …}``, complex numbers
    ``[real, imaginary]``. What else JSON has no words for is what ``repr`` says of it, as bluesky does with devices.

    Examples
    --------
    >>> as_json({"scan_id": np.int64(7), "user": "Zoë", "dark": np.array([1.5, np.nan])})
    '{"scan_id": 7, "user": "Zo\\\\u00eb", "dark": [1.5, NaN]}'
    """
    return json.dumps(plain(document))


def plain(value: Any) -> Any:
    """A value as `json` takes it; see `as_json`."""
    if isinstance(value, Enum):
        return plain(value.value)
    if hasattr(value, "__array__") and not isinstance(value, type):
        return _plain_array(np.asarray(value))
    if isinstance(value, _WORDS):
        return value
    make = next((make for kinds, make in _MAKE if isinstance(value, kinds)), repr)
    return make(value)


def _plain_array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind in _NUMBERS and array.dtype.itemsize <= 8:
        return array.tolist()
    if array.dtype.kind == "M":
        return array.astype(str).tolist()
    found = array.tolist()
    return repr(found) if isinstance(found, np.generic) else plain(found)


def _key(key: Any) -> str:
    """As `json` itself makes text of numbers and the like; of what it does not, text as of a value."""
    found = plain(key)
    return found if isinstance(found, str) else json.dumps(found)


_MAKE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Mapping, lambda value: {_key(key): plain(item) for key, item in value.items()}),
    (bytes | bytearray | memoryview, lambda value: {"base64": b64encode(value).decode()}),
    (AbstractSet, lambda value: sorted(map(plain, value), key=repr)),
    (Sequence, lambda value: [plain(item) for item in value]),
    (complex, lambda value: [value.real, value.imag]),
    (dt.date | dt.time, lambda value: value.isoformat()),  # a datetime is a date
)
"""What becomes of what JSON has no word for; the first that fits."""
