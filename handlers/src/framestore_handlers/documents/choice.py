"""From what a user has to (name, document) pairs."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast

from . import databroker, iterable, json, jsonl, tiled

Pair = tuple[str, Any]
"""Name of a document, and the document."""

Documents = str | PathLike[str] | Iterable[Pair] | databroker.DatabrokerRun | tiled.TiledRun
"""What ``load`` takes: the path of a documents file, (name, document) pairs, a run of databroker or of Tiled."""

_FILES = {".jsonl": jsonl.pairs, ".json": json.pairs}


def pairs(documents: Documents, readable: Callable[[Mapping[str, Any]], bool]) -> Iterable[Pair]:
    """(name, document) pairs out of any source.

    Parameters
    ----------
    documents
        The source.
    readable
        Whether a Resource or StreamResource document tells where its frames are.

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
    if tiled.is_run(documents):
        return tiled.pairs(documents, readable)
    if databroker.is_run(documents):
        return databroker.pairs(documents)
    return iterable.pairs(cast("Iterable[Pair]", documents))
