"""From what a user has to (name, document) pairs."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast

from . import databroker, iterable, json, jsonl, msgpack, tiled
from .items import Pair, Parser
from .live import AskedSource, FileSource, IterableSource, Source, ThreadSource

Documents = str | PathLike[str] | Iterable[Pair] | databroker.DatabrokerRun | tiled.TiledRun
"""What ``load`` takes: the path of a documents file, (name, document) pairs, a run of databroker or of Tiled."""

Readable = Callable[[Mapping[str, Any]], bool]
"""Whether a Resource or StreamResource document tells where its frames are."""

_FILES: dict[str, Callable[[Path], Iterable[Pair]]] = {
    ".jsonl": jsonl.pairs,
    ".json": json.pairs,
    ".msgpack": msgpack.pairs,
}
_PARSERS: dict[str, Callable[[Path], Parser]] = {
    ".jsonl": jsonl.Lines,
    ".json": json.ArrayLines,
    ".msgpack": msgpack.Items,
}


def pairs(documents: Documents, readable: Readable) -> Iterable[Pair]:
    """(name, document) pairs out of any source.

    Raises
    ------
    ValueError
        When a file's suffix is none of those that are read, or its text is not that of documents.
    TypeError
        When ``documents`` is none of the sources that are read.
    """
    if isinstance(documents, str | PathLike):
        path = _documents_file(documents)
        return _FILES[path.suffix](path)
    if tiled.is_run(documents):
        return tiled.pairs(documents, readable)
    if databroker.is_run(documents):
        return databroker.pairs(documents)
    return iterable.pairs(cast("Iterable[Pair]", documents))


def source(documents: Documents, readable: Readable, *, waits: bool) -> Source:
    """The same sources, for as long as documents come; ``waits``: an iterable is not left to wait for itself.

    Raises
    ------
    FileNotFoundError
        When a file is not there.
    ValueError, TypeError
        As `pairs` does.
    """
    if isinstance(documents, str | PathLike):
        path = _documents_file(documents)
        return FileSource(path, _PARSERS[path.suffix])
    if tiled.is_run(documents):
        return AskedSource("the Tiled server", tiled.asking(documents, readable))
    if databroker.is_run(documents):
        return AskedSource("databroker", databroker.asking(documents))
    items = iterable.pairs(cast("Iterable[Pair]", documents))
    return ThreadSource(items) if waits else IterableSource(items)


def _documents_file(name: "str | PathLike[str]") -> Path:
    path = Path(name)
    if path.suffix not in _FILES:
        msg = f"{path}: cannot tell the kind of documents file from {path.suffix!r}; known: {', '.join(_FILES)}"
        raise ValueError(msg)
    if path.exists() and not path.is_file():
        msg = f"{path} is not a file, but a folder or a pipe; save the documents in a file, or give an iterable"
        raise OSError(msg)
    return path
