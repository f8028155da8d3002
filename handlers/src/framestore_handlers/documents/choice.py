"""From what a user has to (name, document) pairs."""

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast

from . import databroker, folder, iterable, json, jsonl, msgpack, tiled
from .items import Pair, Parser
from .live import AskedSource, FileSource, IterableSource, Source, ThreadSource

Documents = str | PathLike[str] | Iterable[Pair] | databroker.DatabrokerRun | tiled.TiledRun
"""What ``load`` takes: the path of a documents file or of a folder of such, the address of a run or a catalog in a
Tiled server, (name, document) pairs, a run of databroker or of Tiled."""

_ADDRESSES = ("http://", "https://")
"""How the address of a server begins."""

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


def pairs(documents: Documents, readable: Readable, uid: str | None = None) -> Iterable[Pair]:
    """(name, document) pairs out of any source.

    Parameters
    ----------
    documents
        The source.
    readable
        Whether a document tells where its frames are.
    uid
        Which run of a catalog; other sources give all that they have.

    Raises
    ------
    ValueError
        When a file's suffix is none of those that are read, or its text is not that of documents; when ``uid`` picks
        none of the runs of a catalog.
    TypeError
        When ``documents`` is none of the sources that are read.
    """
    if isinstance(documents, str) and documents.startswith(_ADDRESSES):
        return tiled.pairs(_served(documents, uid), readable)
    if isinstance(documents, str | PathLike):
        path = Path(documents)
        if path.is_dir():
            return folder.pairs(path, _FILES)
        _check_documents_file(path)
        return _FILES[path.suffix](path)
    if tiled.is_run(documents):
        return tiled.pairs(documents, readable)
    if databroker.is_run(documents):
        return databroker.pairs(documents)
    return iterable.pairs(cast("Iterable[Pair]", documents))


def source(documents: Documents, readable: Readable, uid: str | None = None, *, waits: bool) -> Source:
    """The same sources, for as long as documents come; ``waits``: an iterable is not left to wait for itself.

    Raises
    ------
    FileNotFoundError
        When a file is not there.
    ValueError, TypeError
        As `pairs` does; also of a folder: it would not be known which of its files grow, and which will come.
    """
    if isinstance(documents, str) and documents.startswith(_ADDRESSES):
        documents = _served(documents, uid)
    if isinstance(documents, str | PathLike):
        path = Path(documents)
        if path.is_dir():
            msg = f"{path} is a folder: live=True watches one run; name the file that its documents go to"
            raise ValueError(msg)
        _check_documents_file(path)
        return FileSource(path, _PARSERS[path.suffix])
    if tiled.is_run(documents):
        return AskedSource("the Tiled server", tiled.asking(documents, readable))
    if databroker.is_run(documents):
        return AskedSource("databroker", databroker.asking(documents))
    items = iterable.pairs(cast("Iterable[Pair]", documents))
    return ThreadSource(items) if waits else IterableSource(items)


def _served(address: str, uid: str | None) -> tiled.TiledRun:
    try:
        from framestore_handlers.tiled.client import run_at  # noqa: PLC0415 - Tiled is optional
    except ModuleNotFoundError as error:
        msg = f"to read {address}, Tiled's client is needed: pip install 'framestore-handlers[tiled-client]'"
        raise ModuleNotFoundError(msg, name=error.name) from error
    return run_at(address, uid)


def _check_documents_file(path: Path) -> None:
    if not path.suffix and not os.path.lexists(path):  # meant as a folder
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if path.suffix not in _FILES:
        msg = f"{path}: cannot tell the kind of documents file from {path.suffix!r}; known: {', '.join(_FILES)}"
        raise ValueError(msg)
    if path.exists() and not path.is_file():
        msg = f"{path} is not a file, but a pipe or a device; save the documents in a file, or give an iterable"
        raise OSError(msg)
