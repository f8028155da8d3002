"""Documents out of a run that Tiled serves: those that it kept, or ones that are composed of its arrays."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from framestore_handlers.served import SERVED

Pair = tuple[str, Any]

_OF_ARRAYS = "3."
"""How the version of runs begins that a TiledWriter has made: the server has their arrays. Documents that it offers are
made up of those, with rows numbered from 1 on, whatever was repeated or left out."""
_NO_SUCH_EXPORT = (404, 406)
"""Answers of servers that have not been configured to export documents."""


class TiledRun(Protocol):
    """A node of a Tiled catalog with the spec ``BlueskyRun``, as its client gives it."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Start and stop document."""
        ...

    @property
    def specs(self) -> Sequence[Any]:
        """What kind of node it is."""
        ...

    def __iter__(self) -> Iterator[str]:
        """Names of the streams."""
        ...

    def __getitem__(self, name: str) -> Any:
        """A stream."""
        ...


def is_run(source: object) -> TypeGuard[TiledRun]:
    """Whether this is such a node."""
    return any(getattr(spec, "name", None) == "BlueskyRun" for spec in getattr(source, "specs", ()))


def pairs(run: TiledRun, readable: Callable[[Mapping[str, Any]], bool]) -> list[Pair]:
    """The documents of a run.

    Parameters
    ----------
    run
        The node.
    readable
        Whether a Resource or StreamResource document tells where the frames are. Where one does not, or the server has
        no documents of its own, its arrays are read.
    """
    kept = _kept(run)
    resources = [document for name, document in kept if name in ("resource", "stream_resource")]
    return kept if kept and all(map(readable, resources)) else list(_composed(run))


def _kept(run: TiledRun) -> list[Pair]:
    """The documents as they were, of a server that has kept them."""
    documents = getattr(run, "documents", None)
    if documents is None or any(str(spec.version).startswith(_OF_ARRAYS) for spec in run.specs):
        return []
    try:
        return [(name, dict(document)) for name, document in documents(fill=False) if document]
    except Exception as error:
        if getattr(getattr(error, "response", None), "status_code", None) in _NO_SUCH_EXPORT:
            return []
        raise


def _composed(run: TiledRun) -> Iterator[Pair]:
    start, stop = dict(run.metadata["start"]), run.metadata.get("stop")
    yield "start", start
    for name in run:
        yield from _stream(start["uid"], name, run[name], ended=bool(stop))
    if stop:
        yield "stop", dict(stop)


def _stream(run_start: str, name: str, stream: Any, *, ended: bool) -> Iterator[Pair]:
    described = dict(stream.metadata)
    descriptor = {"uid": f"{run_start}/{name}", **described, "run_start": run_start, "name": name}
    yield "descriptor", descriptor
    data_keys: dict[str, dict[str, Any]] = described["data_keys"]
    columns = {key: stream[key].read() for key in stream if key in ("seq_num", "time") or _in_events(data_keys, key)}
    seq_nums = [int(number) for number in columns.pop("seq_num", ())]
    times = columns.pop("time", ())
    for row, seq_num in enumerate(seq_nums):
        data = {key: values[row] for key, values in columns.items()}
        event = {"descriptor": descriptor["uid"], "seq_num": seq_num, "time": float(times[row]), "data": data}
        yield "event", event
    lacking = [key for key in data_keys if key not in stream]
    if lacking and not ended:
        message = f"run {run_start} goes on; of stream {name!r} the server has no {', '.join(lacking)} yet"
        warnings.warn(message, stacklevel=2)
    for key, data_key in data_keys.items():
        if "external" in data_key and key not in lacking:
            yield from _frames(descriptor["uid"], key, stream[key], data_key["shape"], seq_nums)


def _in_events(data_keys: Mapping[str, Mapping[str, Any]], key: str) -> bool:
    return key in data_keys and "external" not in data_keys[key]


def _frames(descriptor: str, key: str, array: Any, shape: Sequence[int], seq_nums: list[int]) -> Iterator[Pair]:
    """Frames beside the events; a row an event, or (events * frames, \\*frame shape).

    Which event a row is of, the server does not say: it is known where there are as many rows as events, or where
    the events are numbered without gap and repeat, and the rows that are more came after them.
    """
    uid = f"{descriptor}/{key}"
    per_row = shape[0] if len(array.shape) == len(shape) else 1
    rows = array.shape[0] // per_row
    yield "stream_resource", {"uid": uid, "data_key": key, "mimetype": SERVED, "uri": array.uri, "parameters": array}
    counted = list(range(1, rows + 1))
    numbers = seq_nums if len(seq_nums) == rows else counted if counted[: len(seq_nums)] == seq_nums else []
    for row, number in enumerate(numbers):
        place = {"indices": {"start": row, "stop": row + 1}, "seq_nums": {"start": number, "stop": number + 1}}
        yield "stream_datum", {"stream_resource": uid, "descriptor": descriptor, **place}
