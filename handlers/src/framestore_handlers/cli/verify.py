"""The subcommand that checks that all frames of a run are there."""

import json

import click

import framestore_handlers

from .failing import failing
from .given import Given, given
from .progress import progress_bar
from .text import as_options, printable


@click.command()
@given
@click.option("--deep", is_flag=True, help="Read all pixels, and compare the checksums that the files have.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def verify(run: Given, *, deep: bool, as_json: bool) -> None:
    """Check that each frame of RUN is there, whole and readable.

    RUN is a documents file (.jsonl, .json, .msgpack), a folder of such, the address of a run or a catalog in a Tiled
    server, or - for JSON lines on the standard input. Sizes and indices of the files are looked at; no pixels, unless
    --deep says so. Nothing is changed.

    The exit status is 0 when all is well, 1 when something was found, 2 when RUN cannot be loaded or the command was
    called in a wrong way.
    """
    loaded = run.load()
    with failing(status=2), progress_bar("verify") as progress:
        report = framestore_handlers.verify(loaded, deep=deep, progress=progress)
    click.echo(json.dumps(report.as_dict(), default=str) if as_json else printable(as_options(str(report))))
    if not report.ok:
        raise SystemExit(1)
