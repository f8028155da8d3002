"""What a shell is told that may stand for a run."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from framestore_handlers.documents import pairs

from .text import moment

_MOST_BYTES = 2**25
"""Of documents that are read before a shell gets its answer."""


class RunType(click.ParamType):  # pyright: ignore[reportMissingTypeArgument] - older versions of click have none
    """Where the documents of runs are."""

    name = "run"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files and folders; the shell lists them."""
        del ctx, param
        return [CompletionItem(incomplete, type="file")]


class UidType(click.ParamType):  # pyright: ignore[reportMissingTypeArgument] - as above
    """Uid of a run."""

    name = "uid"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Uids of the runs in a file or a folder, where that is read at once."""
        del param
        try:
            with warnings.catch_warnings(action="ignore"):  # nothing but completions may be printed
                starts = list(_starts(Path(ctx.params.get("run") or ctx.args[0])))  # the latter before the last option
        except Exception:  # noqa: BLE001 - whatever it is, the command itself will say it
            return []
        return [
            CompletionItem(uid, help=f"scan {start.get('scan_id')}, {moment(start.get('time'))}")
            for start in starts
            if (uid := str(start["uid"])).startswith(incomplete)
        ]


def _starts(path: Path) -> Iterator[dict[str, Any]]:
    files = list(path.iterdir()) if path.is_dir() else [path]
    if path.exists() and sum(file.stat().st_size for file in files) <= _MOST_BYTES:
        yield from (document for name, document in pairs(path, lambda _: True) if name == "start")
