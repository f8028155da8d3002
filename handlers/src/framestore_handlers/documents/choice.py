"""From what a user has to (name, document) pairs."""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from . import iterable, json, jsonl

Pair = tuple[str, Any]
"""Name of a document, and the document."""

Documents = str | PathLike[str] | Iterable[Pair]
"""What ``load`` takes: the path of a documents file, or (name, document) pairs."""

_FILES = {".jsonl": jsonl.pairs, ".json": json.pairs}


def pairs(documents: Documents) -> Iterator[Pair]:
    """(name, document) pairs out of any source.

    Raises
    ------
    ValueError
        When a file's suffix is none of those that are read, or its text is not that of documents.
    TypeError
        When ``documents`` is none of the sources that are read.
    """
    if isinstance(documents, str | PathLike):
        path = Path(documents)
        if path.suffix not in _FILES:
            msg = f"{path}: cannot tell the kind of documents file from {path.suffix!r}; known: {', '.join(_FILES)}"
            raise ValueError(msg)
        return _FILES[path.suffix](path)
    return iterable.pairs(documents)
