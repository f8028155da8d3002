"""Keeps documents as they were when they were emitted, and checks them."""

import copy
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import event_model

Document = dict[str, Any]


class Recorder:
    """Documents of runs, each valid by event-model's JSON schema and plain JSON; subscribe it to a RunEngine."""

    def __init__(self) -> None:
        self._pairs: list[tuple[str, Document]] = []

    def __call__(self, name: str, document: Document) -> None:
        """Check and keep a document.

        Raises
        ------
        jsonschema.ValidationError
            When it does not have the form that event-model asks for.
        TypeError
            When it is not JSON.
        """
        event_model.schema_validators[event_model.DocumentNames[name]].validate(document)
        json.dumps(document)
        self._pairs.append((name, copy.deepcopy(document)))  # bluesky fills in some of them later

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        """The (name, document) pairs, in order."""
        return iter(self._pairs)

    def clear(self) -> None:
        """Forget all."""
        self._pairs.clear()

    @property
    def names(self) -> list[str]:
        """Kinds of the documents, in order."""
        return [name for name, _ in self]

    def of(self, *names: str) -> list[Document]:
        """The documents of some kinds, in order."""
        return [document for name, document in self if name in names]

    def runs(self) -> list["Recorder"]:
        """A Recorder a run, in order."""
        runs: list[Recorder] = []
        for pair in self:
            if pair[0] == "start":
                runs.append(Recorder())
            runs[-1]._pairs.append(pair)  # noqa: SLF001 - one of these
        return runs

    def check(self, exit_status: str = "success") -> None:
        """Fail unless each run has all documents, in an order in which a reader can use them at once.

        Raises
        ------
        AssertionError
            It says which document is missing, or too much.
        """
        for run in self.runs():
            names = run.names
            assert names[0] == "start", f"a run begins with its start document, not {names}"
            assert names[-1] == "stop", f"a run ends with its stop document, not {names}"
            assert names.count("stop") == 1, f"a run has one stop document, not {names}"
            found = run.of("stop")[0]["exit_status"]
            assert found == exit_status, f"the run ended as {found!r}, expected {exit_status!r}"
            _check_references(run)
            _check_indices(run)


def _check_references(run: Recorder) -> None:
    """Whatever a document refers to came before it."""
    known: set[str] = set()
    for name, document in run:
        keys = {"event": ["descriptor"], "datum": ["resource"]}.get(name, [])
        keys = ["descriptor", "stream_resource"] if name == "stream_datum" else keys
        for key in keys:
            assert document[key] in known, f"a {name} came before its {key}: {document}"
        if name == "event":
            outside = [key for key, filled in document["filled"].items() if not filled]
            unknown = [key for key in outside if document["data"][key] not in known]
            assert not unknown, f"an event came before the datum of {unknown}: {document}"
        known.add(document.get("datum_id") or document["uid"])


def _check_indices(run: Recorder) -> None:
    """In each stream, the indices of a data key begin at 0 and have no gap; there are as many as events."""
    data_keys = {document["uid"]: document["data_key"] for document in run.of("stream_resource")}
    indices: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for datum in run.of("stream_datum"):
        place = (datum["descriptor"], data_keys[datum["stream_resource"]])
        indices.setdefault(place, []).append((datum["indices"]["start"], datum["indices"]["stop"]))
    for (descriptor, data_key), ranges in indices.items():
        assert ranges[0][0] == 0, f"the indices of {data_key} do not begin at 0: {ranges}"
        gaps = [pair for pair in pairwise(ranges) if pair[0][1] != pair[1][0]]
        assert not gaps, f"the indices of {data_key} have gaps, or come twice: {ranges}"
        events = [e for e in run.of("event") if e["descriptor"] == descriptor]
        assert not events or len(events) == ranges[-1][1], f"{len(events)} events, indices {ranges} of {data_key}"
