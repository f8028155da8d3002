"""``load``: the documents of a run become arrays."""

from collections.abc import Iterable, Mapping
from os import PathLike

from .access import RootMap
from .blocks import BLOCK_BYTES
from .collector import Collector, RunParts
from .documents import Documents, pairs
from .files import Files
from .foreign import Handler
from .place import resolved
from .run import Run
from .stream import Repeats


def load(
    documents: Documents,
    *,
    uid: str | None = None,
    root_map: RootMap | None = None,
    allowed_roots: "Iterable[str | PathLike[str]] | None" = None,
    repeats: Repeats = "last",
    block_bytes: int = BLOCK_BYTES,
    handlers: Mapping[str, Handler] | None = None,
) -> Run:
    """Open a run from its documents. No data file is touched until an array is computed.

    Parameters
    ----------
    documents
        An iterable of (name, document) pairs, a ``.jsonl`` file (bluesky's JSONLinesWriter) or a ``.json`` file
        (JSONWriter), a run of databroker 1.x (``db[-1]``, ``db.v1[-1]``) or of a Tiled catalog: its documents where
        the server has kept them and they tell where the frames are, else the server's own arrays. Resource/Datum and
        StreamResource/StreamDatum, also mixed in one run.
    uid
        Which run, where there are several: the start document's uid or its beginning.
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
    ValueError
        When the documents are not those of a run, hold several runs and ``uid`` picks none, or are broken; it names
        the file, the line or the document.
    FileNotFoundError
        When the documents file is not there.

    Examples
    --------
    >>> import framestore_handlers
    >>> run = framestore_handlers.load([("start", {"uid": "0d6a", "time": 0.0, "scan_id": 7})])
    >>> run.start["scan_id"], run.stop, run.streams
    (7, None, [])
    """
    if repeats not in ("last", "all"):
        msg = f"repeats must be 'last' or 'all', not {repeats!r}"
        raise ValueError(msg)
    if block_bytes < 1:
        msg = f"block_bytes must be 1 or more, not {block_bytes}"
        raise ValueError(msg)
    files = Files(root_map=root_map, roots=resolved(allowed_roots), handlers=handlers or {})
    collector = Collector()
    collector.collect(pairs(documents, files.knows))
    return Run(_pick(collector.runs, uid), files=files, repeats=repeats, block_bytes=block_bytes)


def _pick(runs: dict[str, RunParts], uid: str | None) -> RunParts:
    if not runs:
        msg = "the documents hold no start document, so no run; is it the right file, and was it cut at its beginning?"
        raise ValueError(msg)
    if uid in runs:
        return runs[uid]
    found = [run for key, run in runs.items() if key.startswith(uid or "")]
    if len(found) != 1:
        which = "several runs" if uid is None else f"{len(found)} runs whose uid begins with {uid!r}"
        msg = f"the documents hold {which}; name one with uid=, out of: {', '.join(runs)}"
        raise ValueError(msg)
    return found[0]
