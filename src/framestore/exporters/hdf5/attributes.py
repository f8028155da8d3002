"""What a data key says of its values, as attributes of their dataset."""

from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from framestore.exporters.metadata import as_json

from .columns import is_plain
from .names import NAME

_SHAPE = frozenset({"dtype", "dtype_numpy", "dtype_str", "shape", "chunks", "external"})
"""What a data key says of how values are stored; a dataset says it itself."""
_MOST_BYTES = 2**15
"""An attribute has no more in files that old libraries read; the descriptors have all of it."""


def describe(dataset: h5py.Dataset, name: str, data_key: Mapping[str, Any]) -> None:
    """Give a dataset the name of its field, and units, precision, object name and whatever else its data key says."""
    name_it(dataset, name)
    for key, value in data_key.items():
        if key in _SHAPE or value is None or not key or not is_plain(key):
            continue
        found = value_of(value)
        if np.asarray(found).nbytes <= _MOST_BYTES:
            dataset.attrs[key] = found


def name_it(place: h5py.HLObject, name: str) -> None:
    """Say what a stream, or a field, is called in the documents."""
    place.attrs[NAME] = value_of(name)


def value_of(value: Any) -> Any:
    """As an attribute has it: numbers, and text that HDF5 gives back as it is; all else as JSON."""
    if isinstance(value, bool | float | np.bool_ | np.number):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    text = value if isinstance(value, str) else as_json(value)
    return text if is_plain(text) else as_json(text)
