"""What an entry says of the run: when it was, what it is called, who did what with which sample."""

from collections.abc import Iterator, Mapping
from typing import Any

from framestore_handlers import Run

from framestore.exporters.metadata import as_json, plain

from .names import free_name
from .times import iso
from .values import plain_text, put, put_all, subgroup

_PLAN = (
    "plan_name",
    "plan_type",
    "plan_args",
    "plan_pattern",
    "plan_pattern_args",
    "plan_pattern_module",
    "detectors",
    "motors",
    "num_points",
    "num_intervals",
    "shape",
    "extents",
    "snaking",
    "hints",
)
"""What bluesky's plans say of themselves in the start document."""
_PROPOSALS = ("proposal_id", "proposal", "experiment_id", "experiment")
_USERS = ("user", "users", "user_name", "operator")
_INSTRUMENTS = ("instrument", "instrument_name", "beamline", "beamline_id")
_SAMPLE = ("name", "chemical_formula", "description", "short_title", "physical_form")
"""Fields of NXsample that are text."""
_USER = (
    "name",
    "role",
    "affiliation",
    "address",
    "telephone_number",
    "fax_number",
    "email",
    "facility_user_id",
    "ORCID",
)
"""Fields of NXuser."""


def describe_run(entry: Any, run: Run) -> None:
    """Title, times and identifiers of the run; https://manual.nexusformat.org/classes/base_classes/NXentry.html."""
    start, stop = plain(run.start), run.stop
    put(entry, "title", _title(start))
    put(entry, "entry_identifier_uuid", plain_text(start["uid"]))
    if "scan_id" in start:
        put(entry, "entry_identifier", plain_text(start["scan_id"]))
    put(entry, "start_time", iso(start["time"]))
    if stop is not None:
        put(entry, "end_time", iso(stop["time"]))
        put(entry, "duration", round(stop["time"] - start["time"]), units="s")
    for said in _firsts(start, _PROPOSALS):
        put(entry, "experiment_identifier", _named(said, "proposal_id", "id", "name"))
        break
    versions = start.get("versions")
    if isinstance(versions, Mapping) and versions.get("bluesky"):
        put(entry, "program_name", "bluesky", version=plain_text(versions["bluesky"]))


def describe_instrument(instrument: Any, run: Run) -> None:
    """What it is called, where the start document says it."""
    for said in _firsts(plain(run.start), _INSTRUMENTS):
        put(instrument, "name", _named(said, "name", "id"))
        break


def describe_plan(entry: Any, run: Run) -> None:
    """What the plan said of itself, how it ended, and beside it all else that the start document holds."""
    start, stop = plain(run.start), run.stop or {}
    plan = {key: start[key] for key in _PLAN if key in start}
    ended = {key: stop[key] for key in ("exit_status", "reason", "num_events") if key in stop}
    put_all(subgroup(entry, "plan", "NXparameters"), {**plan, **ended})
    rest = {key: value for key, value in start.items() if key not in plan}
    put_all(subgroup(entry, "metadata", "NXparameters"), rest)


def describe_sample(entry: Any, run: Run) -> None:
    """The sample: its name, or all that the start document says of it."""
    for said in _firsts(plain(run.start), ("sample", "sample_name")):
        _describe(subgroup(entry, "sample", "NXsample"), said, _SAMPLE)
        break


def describe_users(entry: Any, run: Run) -> None:
    """Who it was: names, or all that the start document says of them."""
    for key in _USERS:
        told = plain(run.start).get(key)
        for said in filter(None, told if isinstance(told, list | tuple) else [told]):
            role = {"role": key} if key == "operator" else {}
            group = subgroup(entry, free_name("user", entry), "NXuser")
            _describe(group, {**role, **said} if isinstance(said, Mapping) else {"name": said, **role}, _USER)


def write_documents(entry: Any, run: Run) -> None:
    """The start document, the stop document if there is one, and the descriptors, as JSON."""
    group = subgroup(entry, "documents", "NXcollection")
    descriptors = [document for name in run for document in run[name].descriptors]
    for name, document in {"start": run.start, "stop": run.stop, "descriptors": descriptors}.items():
        if document is not None:
            put(group, name, as_json(document), encoding="json")


def _title(start: Mapping[str, Any]) -> str:
    said = start.get("title") or " ".join(str(start[key]) for key in ("plan_name", "scan_id") if key in start)
    return plain_text(said or start["uid"])


def _describe(group: Any, said: Any, fields: tuple[str, ...]) -> None:
    """What is text, and has a place in the group's class, stands there; the rest in a group of its own."""
    if not isinstance(said, Mapping):
        said = {"name": said}
    known = {key: said[key] for key in fields if isinstance(said.get(key), str | int)}
    for key, value in known.items():
        put(group, key, plain_text(value))
    rest = {str(key): said[key] for key in said if key not in known}
    if rest:
        put_all(subgroup(group, "parameters", "NXparameters"), rest)


def _named(said: Any, *keys: str) -> str:
    """What identifies something that may have a name, or be a mapping with one."""
    return plain_text(next(_firsts(said, keys), said) if isinstance(said, Mapping) else said)


def _firsts(values: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Any]:
    """What is said under the first of some keys, if anything is."""
    return (values[key] for key in keys if values.get(key))
