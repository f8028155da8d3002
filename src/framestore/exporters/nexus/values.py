"""Values of documents as datasets."""

from collections.abc import Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from framestore.exporters.metadata import as_json, plain

from .names import nexus_names

TEXT = h5py.string_dtype()
_NUMBERS = "biuf"


def put(group: Any, name: str, value: Any, /, **attributes: Any) -> Any:
    """Write a value as a dataset of a group; what HDF5 has no form for as JSON, which ``encoding`` then says.

    Numbers, texts and lists of either, all of one kind, stand as they are.
    """
    held = _held(value)
    if held is None:
        dataset = group.create_dataset(name, data=as_json(value), dtype=TEXT)
        dataset.attrs["encoding"] = "json"
    else:
        dataset = group.create_dataset(name, data=held, dtype=TEXT if _is_text(held) else None)
    for attribute, said in attributes.items():
        if said is not None:
            dataset.attrs[attribute] = said
    return dataset


def put_all(group: Any, values: Mapping[str, Any], units: Mapping[str, str] | None = None) -> None:
    """Write values by name, under names that NeXus allows; ``name`` tells which, where that is another.

    What has names itself becomes a group.
    """
    names = nexus_names({name: _kind(value) for name, value in values.items()}, taken=set(group))
    for name, value in values.items():
        written, said = names[name], None if names[name] == name else plain_text(name)
        if isinstance(value, Mapping):
            put_all(subgroup(group, written, "NXparameters", name=said), {str(key): value[key] for key in value})
        else:
            put(group, written, value, name=said, units=(units or {}).get(name))


def subgroup(group: Any, name: str, nx_class: str, /, **attributes: Any) -> Any:
    """A new group of a NeXus class."""
    made = group.create_group(name)
    made.attrs["NX_class"] = nx_class
    for attribute, said in attributes.items():
        if said is not None:
            made.attrs[attribute] = said
    return made


def plain_text(value: Any) -> str:
    """A value as text that HDF5 can hold: itself, where it is that."""
    return value if isinstance(value, str) and _is_plain(value) else as_json(value)


def _kind(value: Any) -> str:
    """Kind of the dtype of its dataset: ``O`` of text."""
    held = _held(value)
    return "O" if held is None or _is_text(held) else np.asarray(held).dtype.kind


def _is_text(held: Any) -> bool:
    return isinstance(held, str) or (isinstance(held, list) and isinstance(held[0], str))


def _held(value: Any) -> Any:
    """The value as HDF5 holds it; None where it cannot."""
    value = plain(value)
    if isinstance(value, str):
        return value if _is_plain(value) else None
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    return _held_list(value) if isinstance(value, Sequence) else None


def _held_list(values: Sequence[Any]) -> Any:
    """A list of one kind as an array, or as a list of texts; None where there is more in it."""
    if values and all(isinstance(item, str) and _is_plain(item) for item in values):
        return list(values)
    if len(_kinds(values)) != 1:
        return None
    try:
        array = np.array(values)
    except (ValueError, OverflowError):  # lists whose parts differ in length; numbers of no dtype
        return None
    return array if array.dtype.kind in _NUMBERS else None


def _kinds(values: Any) -> set[type]:
    """The types of all that is in lists of lists."""
    if isinstance(values, list | tuple):
        return {kind for item in values for kind in _kinds(item)}
    return {type(values)}


def _is_plain(text: str) -> bool:
    """Whether HDF5 can hold a text: no NUL, and nothing that UTF-8 has no bytes for."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
