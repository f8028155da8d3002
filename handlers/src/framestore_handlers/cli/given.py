"""The run that a command is given: one argument, and the options that go with it, alike in all commands."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from framestore_handlers.documents import Documents
from framestore_handlers.documents.jsonl import pairs_of
from framestore_handlers.load import load
from framestore_handlers.run import Run

from .completion import RunType, UidType
from .failing import failing, warnings_as_notes

STDIN = "-"
"""What stands for JSON lines on the standard input."""
_FOLDER = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A run as the command line names it."""

    run: str
    """A documents file, a folder of such, an address in a Tiled server, or `STDIN`."""
    uid: str | None
    """Which of several: its uid, or how that begins."""
    root_map: dict[str, str]
    """Folder as the documents name it -> folder where this machine has it."""
    allowed_roots: tuple[Path, ...]
    """Folders out of which nothing may lead; empty: no restriction."""

    def load(self) -> Run:
        """The run.

        Raises
        ------
        Failure
            When it cannot be loaded, with exit status 2.
        """
        with failing(status=2):
            return self.load_or_several()

    def load_or_several(self) -> Run:
        """The same; what ``load`` raises is raised."""
        return load(
            self._documents(),
            uid=self.uid,
            root_map={**self.root_map} or None,
            allowed_roots=self.allowed_roots or None,
        )

    def _documents(self) -> Documents:
        return pairs_of(sys.stdin.buffer, Path("<stdin>")) if self.run == STDIN else self.run


def _root_map(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    del context, parameter
    found: dict[str, str] = {}
    for value in values:
        before, sign, here = value.partition("=")
        if not (before and sign and here):
            msg = f"{value!r} is not FROM=TO: a folder as the documents name it, and where it is on this machine"
            raise click.BadParameter(msg)
        if found.setdefault(before, here) != here:
            msg = f"{before} is mapped twice: to {found[before]} and to {here}"
            raise click.BadParameter(msg)
    return found


_PARAMETERS = (
    click.argument("run", metavar="RUN", type=RunType()),
    click.option(
        "--uid", metavar="UID", type=UidType(), help="Which run, where RUN has several: its uid or its beginning."
    ),
    click.option(
        "--root-map",
        metavar="FROM=TO",
        multiple=True,
        callback=_root_map,
        help="The files of folder FROM are in folder TO on this machine; may be given several times.",
    ),
    click.option(
        "--allowed-root",
        "allowed_roots",
        metavar="DIR",
        multiple=True,
        type=_FOLDER,
        help="Open no data file outside of DIR; may be given several times.",
    ),
)


def given(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the argument RUN and its options, as a `Given` before its other arguments.

    Warnings of what the command calls are told as notes.
    """

    @wraps(function)
    def called(
        *, run: str, uid: str | None, root_map: dict[str, str], allowed_roots: tuple[Path, ...], **others: Any
    ) -> None:
        with warnings_as_notes():
            function(Given(run=run, uid=uid, root_map=root_map, allowed_roots=allowed_roots), **others)

    for parameter in reversed(_PARAMETERS):
        called = parameter(called)
    return called
