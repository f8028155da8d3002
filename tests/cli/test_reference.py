"""The reference of the command lines: what it tells of is there, and what is there it tells of."""

import json
import re
from pathlib import Path

import click
import pytest
from framestore_handlers.cli import main as handlers_main

from framestore.cli import main

REFERENCE = Path(__file__).parents[2] / "docs/reference"
TEXT = (REFERENCE / "command-line.md").read_text()
RUN = {"--uid", "--root-map", "--allowed-root"}
HEADINGS = {"demo": "framestore demo", "doctor": "framestore doctor FOLDER", "info": "info RUN", "verify": "verify RUN"}
HEADINGS |= {"export": "framestore export RUN DIRECTORY"}


def section(name):
    if name in HEADINGS:
        return TEXT.partition(f"\n## {HEADINGS[name]}\n")[2].partition("\n## ")[0]
    page = (REFERENCE / "framestore-handlers.md").read_text()
    return re.search(rf"\n## framestore-handlers {name}.*?(?=\n## )", page, re.DOTALL)[0]


def of(group, name):
    """Options of a command."""
    context = group.get_command(click.Context(group), name).make_context(name, [], resilient_parsing=True)
    return {word for option in context.command.params if isinstance(option, click.Option) for word in option.opts}


@pytest.mark.parametrize(
    ("group", "name"),
    [(main, name) for name in main.commands] + [(handlers_main, name) for name in handlers_main.commands],
)
def test_options_of_a_command(group, name):
    told = {word for row in re.findall(r"^\| (`--.*?) \|", section(name), re.MULTILINE) for word in row.split("`")}
    named = {word.split()[0] for word in told if word.startswith("--")}
    assert named == of(group, name) - RUN - {"--help"}


def test_options_of_a_run():
    rows = re.findall(r"^\| `(--\S+) ", TEXT.partition("### RUN\n")[2].partition("###")[0], re.MULTILINE)
    assert set(rows) == RUN


def test_keys_of_json(recorded, moved, command, tmp_path):
    told = set(re.findall(r"`(\w+)`", section("info")))
    run = json.loads(command("info", recorded.file(0), "--json", *moved).stdout)
    (stream,) = run["streams"]
    assert told >= {*run, *stream, *(key for field in stream["fields"] for key in field)}
    recovered = set(re.findall(r"`(\w+)`", section("recover")))
    assert recovered >= {"ok", "items", "path", "error", "format", "frames", "found", "mended", "outcome"}
