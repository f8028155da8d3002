"""``load``: the documents of a run become arrays."""

from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike
from typing import Literal, overload

from .access import RootMap
from .blocks import BLOCK_BYTES, check_block_bytes
from .collector import Collector
from .documents import Documents, pairs, source
from .files import Files
from .foreign import Handler
from .place import resolved
from .run import Run
from .several import pick
from .snapshots import Snapshots
from .stream import Repeats

POLL = 0.5
"""How often a run that goes on is looked at, in seconds, unless said otherwise."""


@overload
def load(
    documents: Documents,
    *,
    live: Literal[False] = False,
    uid: str | None = None,
    root_map: RootMap | None = None,
    allowed_roots: "Iterable[str | PathLike[str]] | None" = None,
    repeats: Repeats = "last",
    block_bytes: int = BLOCK_BYTES,
    handlers: Mapping[str, Handler] | None = None,
) -> Run: ...
@overload
def load(
    documents: Documents,
    *,
    live: Literal[True],
    poll: float = POLL,
    timeout: float | None = None,
    uid: str | None = None,
    root_map: RootMap | None = None,
    allowed_roots: "Iterable[str | PathLike[str]] | None" = None,
    repeats: Repeats = "last",
    block_bytes: int = BLOCK_BYTES,
    handlers: Mapping[str, Handler] | None = None,
) -> Snapshots: ...
def load(
    documents: Documents,
    *,
    live: bool = False,
    poll: float = POLL,
    timeout: float | None = None,
    uid: str | None = None,
    root_map: RootMap | None = None,
    allowed_roots: "Iterable[str | PathLike[str]] | None" = None,
    repeats: Repeats = "last",
    block_bytes: int = BLOCK_BYTES,
    handlers: Mapping[str, Handler] | None = None,
) -> Run | Snapshots:
    """Open a run from its documents. No data file is touched until an array is computed.

    Parameters
    ----------
    documents
        An iterable of (name, document) pairs, a ``.jsonl`` file (bluesky's JSONLinesWriter), a ``.json`` file
        (JSONWriter) or a ``.msgpack`` file (suitcase-msgpack), a folder of such, a run of databroker 1.x (``db[-1]``,
        ``db.v1[-1]``) or of a Tiled catalog, or the address of either in a Tiled server (``"http://…"``): its documents
        where the server has kept them and they tell where the frames are, else the server's own arrays.
        Resource/Datum and StreamResource/StreamDatum, also mixed in one run.
    live
        False: the run, as far as the documents tell of it now. True: an iterator that gives it whenever more documents
        came, each time as a run that does not change any more, and ends with the run. A file is read on from where it
        ended, databroker and Tiled are asked again, an iterable is waited for; a folder is not watched.
    poll
        When live: how often to look for more, in seconds.
    timeout
        When live: how long to wait for something new of the run before a TimeoutError is raised, in seconds; None: for
        ever. An iterable is then read in a thread of its own.
    uid
        Which run, where there are several: the start document's uid or its beginning. When live, and not given: the
        first run that has not ended, one that was never to end too; else the only one.
    root_map
        Folder as the documents name it -> folder where this machine has it. The longest match counts.
    allowed_roots
        Folders out of which nothing may lead: not a path of a document, after ``root_map``, nor a link on disk or in a
        file. None: no restriction.
    repeats
        bluesky emits a sequence number twice when a plan is paused after an event was saved: ``"last"`` keeps the
        later one, ``"all"`` both.
    block_bytes
        Size that the blocks of lazy arrays aim at, in bytes; a block holds whole frames.
    handlers
        Handler class by spec, or by mimetype, for formats that are not known here, such as one of your own. A handler
        is made and called as databroker does: ``Handler(path, **resource_kwargs)(point_number=0)``.

    Raises
    ------
    SeveralRunsError
        When there are several runs, and ``uid`` does not pick one; a ValueError that names them.
    ValueError
        When the documents are not those of a run, or are broken; it names the file, the line or the document. When
        ``uid`` picks no run, ``timeout`` is given though nothing is waited for, or a path is empty.
    TypeError
        When ``root_map``, ``allowed_roots`` or ``block_bytes`` are of another type than they must be.
    FileNotFoundError
        When the documents file is not there, or a folder has none.
    ConnectionError, PermissionError
        When no Tiled server answers at an address, or it does not let one in.
    ModuleNotFoundError
        When a ``.msgpack`` file is given and msgpack is not installed, or an address and Tiled is not.

    Examples
    --------
    >>> import framestore_handlers
    >>> run = framestore_handlers.load([("start", {"uid": "0d6a", "time": 0.0, "scan_id": 7})])
    >>> run.start["scan_id"], run.stop, run.streams
    (7, None, [])
    >>> [run.stop is None for run in framestore_handlers.load([
    ...     ("start", {"uid": "0d6a", "time": 0.0}), ("stop", {"uid": "77", "run_start": "0d6a", "time": 1.0})
    ... ], live=True)]
    [True, False]
    """
    if repeats not in ("last", "all"):
        msg = f"repeats must be 'last' or 'all', not {repeats!r}"
        raise ValueError(msg)
    check_block_bytes(block_bytes)
    files = Files(root_map=root_map, roots=resolved(allowed_roots), handlers=handlers or {})
    made = partial(Run, files=files, repeats=repeats, block_bytes=block_bytes)
    if live:
        coming = source(documents, files.knows, uid, waits=timeout is not None)
        return Snapshots(coming, uid, made, poll=poll, timeout=timeout)
    if timeout is not None:
        msg = f"timeout={timeout} is for live=True: documents that are there are not waited for"
        raise ValueError(msg)
    collector = Collector()
    collector.collect(pairs(documents, files.knows, uid))
    return made(pick(collector.runs, uid))
