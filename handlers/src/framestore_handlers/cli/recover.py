"""The subcommand that clears away what a killed camera left."""

from collections.abc import Iterator
from pathlib import Path

import click

from framestore_handlers.recovery import Recovery
from framestore_handlers.remains import Remains, remains


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only look; change nothing.")
def recover(files: tuple[Path, ...], *, dry_run: bool) -> None:
    """Clear away what a killed camera left in FILE, and tell what was found.

    FILE is an HDF5 file, a TIFF stack, the folder of a Zarr store, a file of a series, or a folder that holds such.
    No whole frame is changed or removed. A file that a camera still writes is left alone.

    The exit status is 0 when nothing was wrong or all was mended, 1 when problems remain.
    """
    clean = [_recovered(item, dry_run=dry_run) for path in files for item in _items(path)]
    if not all(clean):
        raise SystemExit(1)


def _items(path: Path) -> Iterator[Remains | None]:
    """What there is at a path; None, and said so, when it is nothing of ours."""
    try:
        yield from remains(path)
    except (OSError, ValueError) as error:
        click.echo(str(error), err=True)
        yield None


def _recovered(item: Remains | None, *, dry_run: bool) -> bool:
    """Recover one thing, and say what was found; whether it is in order now."""
    if item is None:
        return False
    name = click.format_filename(item.path)
    try:
        recovery = item.recover(dry_run=dry_run)
    except (OSError, ValueError, ImportError) as error:
        click.echo(f"{name} ({item.format}): {getattr(error, 'strerror', None) or error}", err=True)
        return False
    click.echo(f"{name} ({item.format}): {_frames(recovery.frames)} can be read")
    for sentence in recovery.found:
        click.echo(f"  {sentence}")
    click.echo(f"  -> {_outcome(recovery, dry_run=dry_run)}")
    return recovery.mended or not recovery.found


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _outcome(recovery: Recovery, *, dry_run: bool) -> str:
    if not recovery.found:
        return "nothing to mend"
    if recovery.mended:
        return "mended"
    return "nothing was changed; leave out --dry-run to mend it" if dry_run else "not all of this could be mended"
