"""Documents out of a run that Tiled serves: those that it kept, or ones that are composed of its arrays."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeGuard

from framestore_handlers.served import SERVED

from .items import Pair

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

    def refresh(self) -> Any:
        """Ask the server for what it has by now."""
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
    return _followed(run, readable) or list(_composed(run, reports=True))


def asking(run: TiledRun, readable: Callable[[Mapping[str, Any]], bool]) -> Callable[[], list[Pair]]:
    """A function that asks the server for the run anew, and gives all documents that there are by now."""

    def ask() -> list[Pair]:
        run.refresh()  # whether it has ended is asked before its arrays: when it has, they are complete
        return _followed(run, readable) or list(_composed(run, reports=False))

    return ask


def _followed(run: TiledRun, readable: Callable[[Mapping[str, Any]], bool]) -> list[Pair]:
    """The documents that the server has kept, where all of them tell where frames are; else none."""
    kept = _kept(run)
    resources = [document for name, document in kept if name in ("resource", "stream_resource")]
    return kept if all(map(readable, resources)) else []


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


def _composed(run: TiledRun, *, reports: bool) -> Iterator[Pair]:
    """Documents of the arrays; it ``reports`` what a server lacks of a run that goes on."""
    start, stop = dict(run.metadata["start"]), run.metadata.get("stop")
    yield "start", start
    for name in run:
        yield from _stream(start["uid"], name, run[name], reports=reports and not stop)
    if stop:
        yield "stop", dict(stop)


def _stream(run_start: str, name: str, stream: Any, *, reports: bool) -> Iterator[Pair]:
    described = dict(stream.metadata)
    there = list(stream)  # each question whether one is there would be a request
    lacking = [key for key in described["data_keys"] if key not in there]
    if lacking and reports:
        message = f"run {run_start} goes on; of stream {name!r} the server has no {', '.join(lacking)} yet"
        warnings.warn(message, stacklevel=2)
    data_keys: dict[str, dict[str, Any]] = {
        key: {**data_key, "external": "STREAM:"} if key in lacking and "external" in data_key else data_key
        for key, data_key in described["data_keys"].items()
    }
    uid = str(described.get("uid", f"{run_start}/{name}"))
    yield "descriptor", {**described, "uid": uid, "data_keys": data_keys, "run_start": run_start, "name": name}
    columns = {key: stream[key].read() for key in there if key in ("seq_num", "time") or _in_events(data_keys, key)}
    seq_nums = [int(number) for number in columns.pop("seq_num", ())]
    times = [float(time) for time in columns.pop("time", ())]
    if seq_nums:
        page = {"descriptor": uid, "seq_num": seq_nums, "time": times}
        yield "event_page", page | {"data": {key: list(values) for key, values in columns.items()}}
    for key, data_key in data_keys.items():
        if "external" in data_key and key not in lacking:
            yield from _frames(uid, key, stream[key], data_key["shape"], seq_nums)


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
    resource = {"uid": uid, "data_key": key, "mimetype": SERVED, "uri": array.uri, "parameters": array}
    yield "stream_resource", resource
    counted = list(range(1, rows + 1))
    numbers = seq_nums if len(seq_nums) == rows else counted if counted[: len(seq_nums)] == seq_nums else []
    jumps = [row for row, (number, following) in enumerate(pairwise(numbers), 1) if following != number + 1]
    for start, stop in pairwise([0, *jumps, len(numbers)] if numbers else []):
        place = {"indices": {"start": start, "stop": stop}}
        seq_num = numbers[start]
        place["seq_nums"] = {"start": seq_num, "stop": seq_num + stop - start}
        yield "stream_datum", {"stream_resource": uid, "descriptor": descriptor, **place}
