"""The subcommand: which checks there are, and in which order."""

import json
import sys
from pathlib import Path

import click

from . import brokers, extras, handlers, simulators, versions
from .finding import Finding
from .folder import examine
from .installed import Installed
from .report import Report


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
def doctor(folder: Path, *, as_json: bool) -> None:
    """Check this installation, and a FOLDER where data shall go.

    FOLDER is the current directory unless it is given; one that is missing is not made. About 128 MiB are written into
    it for a moment, to see how fast it is. Simulators of camera SDKs that are installed are made to give a frame; real
    cameras are left alone. Nothing is changed.

    The exit status is 0 without problems, 1 with problems, 2 when the command was called in a wrong way.
    """
    place = _absolute(folder)
    report = Report(prints=not as_json)
    installed = Installed(path=tuple(sys.path))
    _installation(report, installed)
    report.section("camera simulators")
    simulators.examine(installed, report)
    report.section(f"folder {click.format_filename(place)}")
    examine(place, report)
    click.echo(json.dumps(report.told()) if as_json else f"\n{report.summary()}")
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
    """Everything but cameras and the folder."""
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
