"""``framestore export``: the exporters, from the command line."""

import json
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import click
from framestore_handlers.cli.failing import Failure, failing, message
from framestore_handlers.cli.given import Given, given
from framestore_handlers.cli.text import counted, printable

from framestore import exporters
from framestore.exporters import ExportResult

_FORMATS = ("tiff", "hdf5", "nexus")
_REFUSALS = (ValueError, KeyError, TypeError)
"""What an exporter raises of what it is asked for, rather than of files."""


def _chunks(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    del context, parameter
    try:
        return None if value is None else tuple(map(int, value.split(",")))
    except ValueError:
        msg = f"{value!r} is not a number, or several with commas between them, such as 10,1,256,256"
        raise click.BadParameter(msg) from None


@click.command()
@given
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="tiff",
    show_default=True,
    help="What the files are.",
)
@click.option("--template", metavar="T", help="Of the names of files, such as '{start[scan_id]}/{seq_num:05d}.tiff'.")
@click.option("--stream", "streams", metavar="S", multiple=True, help="Only this stream; may be given several times.")
@click.option("--field", "fields", metavar="F", multiple=True, help="Only this field; may be given several times.")
@click.option("--stack", is_flag=True, help="tiff: one file of many pages a field, not a file a frame.")
@click.option("--link", is_flag=True, help="hdf5, nexus: link to the frames where they are; do not copy them.")
@click.option("--subtract", metavar="STREAM", help="Subtract the mean of the frames of this stream, such as dark.")
@click.option(
    "--subtraction",
    type=click.Choice(["saturate", "widen"]),
    help="Where a difference does not fit the dtype: cut it off, or take a wider dtype.",
)
@click.option("--dtype", metavar="TYPE", help="Of the pixels, such as uint8. Default: as they are.")
@click.option("--clip", is_flag=True, help="Cut values off that --dtype does not hold.")
@click.option("--scale", nargs=2, type=float, metavar="LOW HIGH", help="Spread LOW to HIGH over what --dtype holds.")
@click.option(
    "--chunks", metavar="N[,N…]", callback=_chunks, help="hdf5, nexus: so many events, frames, rows, … a chunk."
)
@click.option("--compression", metavar="NAME", help="How pixels are stored, such as zlib or bitshuffle-lz4.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there, each in one step.")
@click.option("--dry-run", is_flag=True, help="Check all names, list them, and write nothing.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Write with so many processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Write on the workers of this scheduler of dask.distributed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def export(run: Given, *, directory: Path, format_: str, as_json: bool, **options: Any) -> None:
    """Write the frames of RUN into DIRECTORY, as TIFF, HDF5 or NeXus files.

    RUN is a documents file (.jsonl, .json, .msgpack), a folder of such, the address of a run or a catalog in a Tiled
    server, or - for JSON lines on the standard input. DIRECTORY is made when it is missing.

    All names are checked before the first file is written. An interrupted export leaves no incomplete file, and the
    same command again completes it.

    The exit status is 0 when all files are there, 1 when that failed, 2 when it was refused: RUN cannot
    be loaded, the options do not go together, or pixels cannot be had as they ask.
    """
    exporter: Callable[..., ExportResult] = getattr(exporters, f"export_{format_}")
    chosen = _chosen(exporter, format_, options)
    loaded = run.load()
    with failing(status=1, but=_REFUSALS):
        try:
            result = exporter(loaded, directory, **chosen)
        except _REFUSALS as error:
            raise Failure(message(error), status=2) from error
    click.echo(json.dumps(_told(result)) if as_json else printable(_said(result, directory)))


def _chosen(exporter: Callable[..., ExportResult], format_: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given; the others are up to the exporter."""
    chosen = {name: value for name, value in options.items() if value not in (None, False, ())}
    known = signature(exporter).parameters
    for name in chosen:
        if name not in known:
            option = name.removesuffix("s") if name in ("streams", "fields") else name.replace("_", "-")
            msg = f"--{option} does not go with --format {format_}"
            raise click.UsageError(msg)
    return chosen


def _told(result: ExportResult) -> dict[str, Any]:
    files = [click.format_filename(path) for path in result.files]
    return {"files": files, "written": result.written, "kept": result.kept, "dry_run": result.dry_run}


def _said(result: ExportResult, directory: Path) -> str:
    if result.dry_run:
        return "\n".join(map(click.format_filename, result.files))
    kept = f"; {result.kept} were there, of an export that was interrupted" if result.kept else ""
    return f"wrote {counted(result.written, 'file')} into {click.format_filename(directory)}{kept}"
