"""All checks of a folder, in order."""

import os
from pathlib import Path

from framestore.cli.doctor.finding import Finding
from framestore.cli.doctor.report import Report

from . import file_system, following, links, locks, place, space, speed
from .scratch import scratch_folder


def examine(folder: Path, report: Report) -> None:
    """Look at a folder, or at where it would be made; an absolute path."""
    there = place.nearest(folder)
    report.check("the folder's name", place.name, folder)
    refusals = place.refusals(there)
    report.check("the folder", lambda: refusals or place.presence(folder, there))
    if refusals:
        return
    report.check("the file system", file_system.kind, there, file_system.mounts())
    report.check("free space", space.free, there)
    report.check("HDF5's settings", locks.environment, os.environ)
    try:
        with scratch_folder(there) as scratch:
            _write(scratch, report)
    except OSError as error:
        what = f"no folder for trying things out can be made in, or removed from, {there}: {error}"
        report.add(Finding("problem", what, "make room, look at the disk or its mount, or choose another folder"))


def _write(scratch: Path, report: Report) -> None:
    """The checks that need files."""
    report.check("write speed", speed.writing, scratch)
    report.check("locks", locks.locking, scratch, os.environ)
    report.check("reading along", following.reading_along, scratch)
    report.check("hard links", links.hard_links, scratch)
