"""Values of events as datasets: numbers as numbers, text as text, and as JSON what HDF5 has no kind for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore.exporters.metadata import as_json

TEXT = h5py.string_dtype("utf-8")
"""Text of any length."""
ENCODING, JSON = "encoding", "json"
"""Attribute of a dataset whose text is JSON, and its value."""
_BLOCK_BYTES = 2**22
"""Bytes of a column that are in memory at a time, about."""
_NUMBERS = frozenset("biufc")
_EXACT = 2**53
"""Whole numbers up to this are floats, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """Values of some events, and what they are in a file."""

    values: Sequence[Any]
    """As they came."""
    shape: tuple[int, ...]
    """Of each."""
    dtype: np.dtype[Any]
    """In the file."""
    is_json: bool = False
    """Whether they stand there as JSON."""

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Column":
        """What values are in a file.

        Numbers are of the dtype that holds all of them exactly; values of several shapes, and others, are JSON.
        """
        if all(isinstance(value, str) for value in values) and all(map(is_plain, values)) and values:
            return cls(values=values, shape=(), dtype=TEXT)
        form = _form(values)
        if form is None:
            return cls(values=values, shape=(), dtype=TEXT, is_json=True)
        return cls(values=values, shape=form[0], dtype=form[1])

    def write(self, group: h5py.Group, name: str) -> h5py.Dataset:
        """Put them into a group as a dataset of that name: (events, \\*shape)."""
        dataset = group.create_dataset(name, (len(self.values), *self.shape), self.dtype, track_times=False)
        for start, block in self._blocks():
            dataset[start : start + len(block)] = block
        if self.is_json:
            dataset.attrs[ENCODING] = JSON
        return dataset

    def _blocks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """Number of its first, and some values."""
        if 0 in self.shape:
            return
        step = max(_BLOCK_BYTES // (prod(self.shape) * self.dtype.itemsize), 1)
        for start in range(0, len(self.values), step):
            part = self.values[start : start + step]
            texts = [as_json(value) for value in part] if self.is_json else part
            yield start, np.array(texts, object if self.dtype == TEXT else self.dtype)


def _form(values: Sequence[Any]) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Shape and dtype that hold values as they are; None where there are none such."""
    kinds = {type(value) for value in values}
    if kinds <= {float}:  # also of no value at all
        return (), np.dtype(np.float64)
    try:
        forms = {(array.shape, array.dtype) for array in map(np.asarray, values)}
    except (ValueError, OverflowError):  # lists whose parts differ in length
        return None
    shapes, dtypes = {shape for shape, _ in forms}, {dtype for _, dtype in forms}
    found = {dtype.kind for dtype in dtypes}
    if len(shapes) > 1 or not found <= _NUMBERS or ("b" in found and len(found) > 1):
        return None
    dtype = np.result_type(*dtypes)
    if found & set("iu") and dtype.kind in "fc" and not all(map(_are_exact, values)):
        return None
    return shapes.pop(), dtype


def _are_exact(value: Any) -> bool:
    """Whether floats hold the numbers, if they are whole."""
    array = np.asarray(value)
    return array.dtype.kind not in "iu" or not array.size or -_EXACT <= int(array.min()) <= int(array.max()) <= _EXACT


def is_plain(text: str) -> bool:
    """Whether HDF5 gives a text back as it is."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
