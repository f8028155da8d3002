"""The subcommand that clears away what a killed camera left."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from framestore_handlers.recovery import Recovery
from framestore_handlers.remains import Remains, remains

from .text import counted


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only look; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def recover(files: tuple[Path, ...], *, dry_run: bool, as_json: bool) -> None:
    """Clear away what a killed camera left in FILE, and tell what was found.

    FILE is an HDF5 file, a TIFF stack, the folder of a Zarr store, a file of a series, or a folder that holds such.
    No whole frame is changed or removed. A file that a camera still writes is left alone.

    The exit status is 0 when nothing was wrong or all was mended, 1 when problems remain, 2 when the command was called
    in a wrong way.
    """
    told: list[dict[str, Any]] = []
    for item in (item for path in files for item in _items(path)):
        told.append(_recovered(item, dry_run=dry_run))
        _tell(told[-1], as_json=as_json)
    is_well = all(item["ok"] for item in told)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "items": told}))
    if not is_well:
        raise SystemExit(1)


def _items(path: Path) -> Iterator[Remains | dict[str, Any]]:
    """What there is at a path; what is told of it, when it is nothing of ours."""
    try:
        yield from remains(path)
    except (OSError, ValueError) as error:
        yield {"path": click.format_filename(path), "ok": False, "error": str(error)}


def _recovered(item: Remains | dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """Recover one thing; what is told of it."""
    if isinstance(item, dict):
        return item
    told = {"path": click.format_filename(item.path), "format": item.format}
    try:
        recovery = item.recover(dry_run=dry_run)
    except (OSError, ValueError, ImportError) as error:
        said = str(getattr(error, "strerror", None) or error)
        return {**told, "ok": False, "error": said}
    is_well = recovery.mended or not recovery.found
    found = {"frames": recovery.frames, "found": list(recovery.found), "mended": recovery.mended}
    return {**told, "ok": is_well, **found, "outcome": _outcome(recovery, dry_run=dry_run)}


def _tell(item: dict[str, Any], *, as_json: bool) -> None:
    """Print it, for people."""
    name = f"{item['path']} ({item['format']})" if "format" in item else ""
    if "error" in item:
        click.echo(f"{name}: {item['error']}" if name else item["error"], err=True)
    elif not as_json:
        lines = [f"{name}: {counted(item['frames'], 'frame')} can be read"]
        click.echo("\n  ".join([*lines, *item["found"], f"-> {item['outcome']}"]))


def _outcome(recovery: Recovery, *, dry_run: bool) -> str:
    if not recovery.found:
        return "nothing to mend"
    if recovery.mended:
        return "mended"
    return "nothing was changed; leave out --dry-run to mend it" if dry_run else "not all of this could be mended"
