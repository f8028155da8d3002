"""Images that stand in an event: of cameras that emit arrays, and of events that a broker or a filler has filled."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

Document = dict[str, Any]
Pair = tuple[str, Document]


def as_described(descriptor: Document, event: Document) -> tuple[Document, Document]:
    """The descriptor and the event, in which what is filled is not external any more, and lists of pixels are arrays.

    JSON has lists for arrays: what dtype their pixels had, the data key says. Neither document is changed.
    """
    filled = {key for key, value in event.get("filled", {}).items() if value}
    keys, data = descriptor["data_keys"], event["data"]
    if any(key in filled and "external" in keys[key] for key in keys):
        descriptor = _plain(descriptor, filled)
    lists = [key for key, value in data.items() if isinstance(value, list) and _is_image(keys.get(key, {}))]
    if lists:
        arrays = {key: np.asarray(data[key], _dtype(keys[key])) for key in lists}
        event = {**event, "data": {**data, **arrays}}
    return descriptor, event


def all_described(pairs: Iterable[Pair]) -> list[Pair]:
    """The documents of a run, in which what all events of a descriptor are filled with is not external any more.

    None of the documents is changed.
    """
    pairs = list(pairs)
    filled: dict[str, set[str]] = {}
    for name, doc in pairs:
        if name == "event":
            those = {key for key, value in doc.get("filled", {}).items() if value}
            filled[doc["descriptor"]] = filled.get(doc["descriptor"], those) & those
    if not any(filled.values()):
        return pairs
    return [
        (name, _plain(doc, filled[doc["uid"]])) if name == "descriptor" and filled.get(doc["uid"]) else (name, doc)
        for name, doc in pairs
    ]


def _plain(descriptor: Document, filled: AbstractSet[str]) -> Document:
    keys = descriptor["data_keys"]
    plain = {key: _without(data_key, "external") for key, data_key in keys.items() if key in filled}
    return {**descriptor, "data_keys": {**keys, **plain}}


def _is_image(data_key: Document) -> bool:
    return len(data_key.get("shape") or ()) >= 2


def _dtype(data_key: Document) -> Any:
    """That of the pixels; None where the data key does not say, or says it in another way than as one text."""
    given = data_key.get("dtype_numpy", data_key.get("dtype_str"))
    return given if isinstance(given, str) else None


def _without(data_key: Document, name: str) -> Document:
    return {field: value for field, value in data_key.items() if field != name}
