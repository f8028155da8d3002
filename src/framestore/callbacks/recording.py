"""All documents of the runs that go on; of each, they are handed out when it ends."""

from collections.abc import Iterable
from typing import Any

from .abandoned import abandoned
from .ended import Ended
from .hidden import check_counted, hidden

Document = dict[str, Any]
Pair = tuple[str, Document]

_REFERS = {
    "descriptor": ("run_start", "the start document of its run"),
    "stop": ("run_start", "the start document of its run"),
    "event": ("descriptor", "its descriptor"),
    "event_page": ("descriptor", "its descriptor"),
    "stream_datum": ("descriptor", "its descriptor"),
    "datum": ("resource", "its resource"),
    "datum_page": ("resource", "its resource"),
    "bulk_datum": ("resource", "its resource"),
    "resource": ("run_start", "the start document of its run"),
    "stream_resource": ("run_start", "the start document of its run"),
}
"""Field by which a document names the one that it belongs to, and what that is."""
_NEWS = ("event", "event_page", "bulk_events", "stream_datum")
_TOLD_BY = {"STREAM:": ("stream_resource", "stream_datum"), "FILESTORE:": ("resource", "datum")}


class Recording:
    """Documents of runs, interleaved or not, each once. Frames are not among them: they stay in their files.

    Parameters
    ----------
    callback
        Who needs the documents, for messages.
    needs_frames
        Whether a subscription that hides where the frames are is refused.
    """

    def __init__(self, callback: str, *, needs_frames: bool = False) -> None:
        self._callback = callback
        self._needs_frames = needs_frames
        self._runs: dict[str, dict[Any, Pair]] = {}
        self._owners: dict[str, str] = {}
        self._ended = Ended()
        self._came: set[str] = set()

    def __call__(self, name: str, doc: Document) -> list[Pair] | None:
        """Take a document; with the stop document of a run, all of that run, in the order in which they came.

        Raises
        ------
        HiddenDocumentsError
            When it belongs to a document that never came.
        """
        self._came.add(name)
        if name == "start":
            self._begin(doc["uid"])
        runs = self._runs_of(name, doc)
        for uid in runs:
            self._runs[uid].setdefault(_identity(name, doc), (name, doc))
        if name in ("descriptor", "resource", "stream_resource") and len(runs) == 1:
            self._owners[doc["uid"]] = runs[0]
        return self._end(runs[0], doc) if name == "stop" and runs else None

    @property
    def starts(self) -> list[Document]:
        """Start documents of the runs that have begun and not ended."""
        return [next(iter(pairs.values()))[1] for pairs in self._runs.values() if pairs]

    def _begin(self, uid: str) -> None:
        self._runs.setdefault(uid, {})
        self._owners[uid] = uid
        for abandoned_uid in abandoned(self._callback, self._runs):
            self._forget(abandoned_uid)

    def _runs_of(self, name: str, doc: Document) -> list[str]:
        """Uids of the runs to which a document belongs: those that go on, where it does not say."""
        if name == "start":
            return [doc["uid"]]
        if name == "bulk_events":
            return list({self._owners[uid] for uid in doc if uid in self._owners})
        field, lacks = _REFERS.get(name, ("run_start", ""))
        uid = doc.get(field)
        if uid in self._owners:
            return [self._owners[uid]]
        if uid in self._ended:
            return []
        is_of_no_run = name.endswith("resource") and uid is None
        if is_of_no_run or (field == "resource" and "resource" in self._came):
            return list(self._runs)
        raise hidden(self._callback, f"a document {name!r} ({_identity(name, doc)[-1]})", lacks)

    def _end(self, uid: str, stop: Document) -> list[Pair]:
        pairs = self._forget(uid)
        check_counted(self._callback, stop, came=any(name in _NEWS for name, _ in pairs))
        if self._needs_frames:
            self._check_frames_were_told(pairs)
        return pairs

    def _forget(self, uid: str) -> list[Pair]:
        pairs = list(self._runs.pop(uid).values())
        mine = [found for found, owner in self._owners.items() if owner == uid]
        for found in mine:
            del self._owners[found]
        self._ended.add(mine)
        return pairs

    def _check_frames_were_told(self, pairs: Iterable[Pair]) -> None:
        """Refuse a subscription that hides where the frames of the events are."""
        descriptors = {doc["uid"]: doc for name, doc in pairs if name == "descriptor"}
        for name, event in pairs:
            descriptor = descriptors.pop(event["descriptor"], None) if name == "event" else None
            for key, data_key in (descriptor or {"data_keys": {}})["data_keys"].items():
                if "external" in data_key and not event.get("filled", {}).get(key):
                    self._check_came(key, data_key["external"], event)

    def _check_came(self, key: str, external: str, event: Document) -> None:
        streamed, referred = _TOLD_BY["STREAM:"], _TOLD_BY["FILESTORE:"]
        needed = streamed if external == "STREAM:" or self._came.issuperset(streamed) else referred
        came = {name.removesuffix("_page").replace("bulk_datum", "datum") for name in self._came}
        for name in needed:
            if name not in came:
                raise hidden(self._callback, f"event {event['seq_num']} ({event['uid']})", f"the {name} of its {key!r}")


def _identity(name: str, doc: Document) -> tuple[str, Any]:
    """What is the same of a document that is delivered twice."""
    found = doc.get("uid", doc.get("datum_id", doc.get("datum_ids")))
    return name, tuple(found) if isinstance(found, list) else found or id(doc)
