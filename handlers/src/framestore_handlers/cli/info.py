"""The subcommand that tells what there is of a run."""

import json
from collections.abc import Iterator
from typing import Any

import click

from framestore_handlers.several import SeveralRunsError

from . import about
from .failing import failing
from .given import Given, given
from .text import as_options, counted, moment, printable, size, some


@click.command()
@given
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def info(run: Given, *, as_json: bool) -> None:
    """Tell what there is of RUN: streams, events, fields, and the files of its frames.

    RUN is a documents file (.jsonl, .json, .msgpack), a folder of such, the address of a run or a catalog in a Tiled
    server, or - for JSON lines on the standard input. Where it has several runs, they are listed. No frame is read.

    The exit status is 0 when it could be told, 2 when RUN cannot be loaded or the command was called in a wrong way.
    """
    with failing(status=2):
        try:
            found = about.run(run.load_or_several())
            lines = list(_told(found))
        except SeveralRunsError as error:
            if run.uid is not None:
                raise
            found = {"runs": about.heads(error.runs)}
            lines = list(_listed(found["runs"]))
    click.echo(json.dumps(found, default=str) if as_json else printable(as_options("\n".join(lines))))


def _listed(runs: list[dict[str, Any]]) -> Iterator[str]:
    yield f"{counted(len(runs), 'run')}; --uid picks one"
    for run in runs:
        what = f"{moment(run['start_time'])}  {_ended(run)}  {run['plan_name'] or ''}"
        yield f"  {run['uid']}  scan {run['scan_id']}  {what}"


def _told(run: dict[str, Any]) -> Iterator[str]:
    yield f"run {run['uid']}"
    yield f"  scan {run['scan_id']}, {run['plan_name'] or 'no plan name'}, {_ended(run)}"
    yield f"  {moment(run['start_time'])}{_until(run)}"
    if run["reason"]:
        yield f"  reason: {run['reason']}"
    for stream in run["streams"]:
        yield ""
        yield from _stream(stream)


def _ended(run: dict[str, Any]) -> str:
    return run["exit_status"] or "no stop document"


def _until(run: dict[str, Any]) -> str:
    if run["stop_time"] is None or run["start_time"] is None:
        return ""
    return f" to {moment(run['stop_time'])}, {run['stop_time'] - run['start_time']:.1f} s"


def _stream(stream: dict[str, Any]) -> Iterator[str]:
    if "problem" in stream:
        yield f"stream {stream['name']}: {stream['problem']}"
        return
    yield f"stream {stream['name']}: {counted(stream['events'], 'event')}"
    width = max((len(field["name"]) for field in stream["fields"]), default=0)
    for field in stream["fields"]:
        yield f"  {field['name']:{width}}  {_field(field)}"


def _field(field: dict[str, Any]) -> str:
    if "shape" not in field:
        return field["problem"]
    shape = ", ".join(map(str, field["shape"])) + "," * (len(field["shape"]) == 1)
    told = f"({shape}) {field['dtype']}, {size(field['bytes'])}"
    if "problem" in field:
        return f"{told}; {field['problem']}"
    return told + (_files(field) if field["external"] else "")


def _files(field: dict[str, Any]) -> str:
    if not field["files"]:
        return f", {counted(field['frames'], 'frame')}, no files here"
    told = f", {counted(field['frames'], 'frame')} in {counted(field['files'], 'file')} of {some(field['folders'], 2)}"
    missing = field["missing_files"]
    return told + (f"; MISSING: {len(missing)} of them: {some(missing)}" if missing else "")
