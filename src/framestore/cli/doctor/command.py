"""The subcommand: which checks there are, and in which order."""

import sys
from pathlib import Path

import click

from . import brokers, extras, handlers, versions
from .finding import Finding
from .folder import examine
from .installed import Installed
from .report import Report


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def doctor(folder: Path) -> None:
    """Check this installation, and a FOLDER where data shall go.

    FOLDER is the current directory unless it is given; one that is missing is not made. About 128 MiB are written into
    it for a moment, to see how fast it is. Nothing is changed.

    The exit status is 0 without problems, 1 with problems.
    """
    place = _absolute(folder)
    report = Report()
    _installation(report, Installed(path=tuple(sys.path)))
    report.section(f"folder {click.format_filename(place)}")
    examine(place, report)
    click.echo(f"\n{report.summary()}")
    if report.problems:
        raise SystemExit(1)


def _absolute(folder: Path) -> Path:
    try:
        path = folder.absolute()
    except FileNotFoundError:
        msg = "the current directory has been removed; change to another one, or name a FOLDER from / on"
        raise click.UsageError(msg) from None
    return path.resolve() if ".." in path.parts else path  # links in it keep their names, where nothing goes up


def _installation(report: Report, installed: Installed) -> None:
    """Everything but the folder."""
    report.section("versions")
    report.check("Python", versions.python)
    report.check("framestore's versions", versions.ours, installed)
    report.check("versions", versions.needed, installed)
    report.check("HDF5", versions.hdf5)
    report.check("versions of other packages", versions.around, installed)
    report.check("requirements", versions.lacking, installed)
    report.section("extras")
    report.check("extras", extras.complete, installed)
    report.check("versions for extras", extras.outdated, installed)
    report.check("ophyd and bluesky", extras.ophyd_without_bluesky, installed)
    report.section("databroker and Tiled")
    report.check("handlers", handlers.clashes, installed)
    report.check("framestore's handlers", _stale, installed)
    report.check("databroker", brokers.databroker, installed)
    report.check("TiledWriter", brokers.tiled_writer, installed)


def _stale(installed: Installed) -> list[Finding]:
    from framestore_handlers.registry import written_specs  # noqa: PLC0415 - it imports h5py, which may be what is broken

    return handlers.stale(installed, written_specs)
