"""All SDKs, in order."""

import os
from pathlib import Path

from framestore.cli.doctor.finding import NO_BREAK, Finding
from framestore.cli.doctor.installed import Installed
from framestore.cli.doctor.report import Report

from .attempt import attempt
from .genicam import GENICAM
from .micromanager import MICROMANAGER
from .opencv import OPENCV
from .pylon import PYLON
from .simulator import Simulator

SIMULATORS = (PYLON, MICROMANAGER, GENICAM, OPENCV)
"""Those that are known."""
_PRODUCERS = "GENICAM_GENTL64_PATH"
"""Environment variable that names the folders of GenTL producers, by the GenTL standard."""


def examine(installed: Installed, report: Report) -> None:
    """Have each SDK that is installed give a frame, and say which are not."""
    for simulator in SIMULATORS:
        report.check(f"{simulator.vendor}", gives_a_frame, simulator, installed)
    report.check("GenTL producers", producers, os.environ.get(_PRODUCERS), installed)
    report.check("camera SDKs", absent, installed)


def gives_a_frame(simulator: Simulator, installed: Installed) -> list[Finding]:
    """Take a frame, where the SDK is installed."""
    found = _found(simulator, installed)
    if not found:
        return []
    told = ", ".join(f"{name}{NO_BREAK}{version}" for name, version in found.items())
    outcome = attempt(simulator)
    if "error" in outcome:
        what = f"{told}: {simulator.name} of {simulator.vendor} gives no frame: {outcome['error']}"
        if outcome.get("lacks"):
            return [Finding("note", what, simulator.advice)]
        return [Finding("problem", what, f"pip install --upgrade --force-reinstall {simulator.install}")]
    shape = " x ".join(map(str, outcome["shape"]))
    return [Finding("ok", f"{told}: {simulator.name} of {simulator.vendor} gives frames of {shape} {outcome['dtype']}")]


def absent(installed: Installed) -> list[Finding]:
    """Those that are not there; nobody needs all of them."""
    missing = [simulator for simulator in SIMULATORS if not _found(simulator, installed)]
    if not missing:
        return []
    what = f"not installed: {', '.join(simulator.vendor for simulator in missing)}"
    commands = [f"pip install {simulator.install}" for simulator in missing]
    return [Finding("ok", what, "\n".join(["where one is wanted:", *commands]))]


def producers(named: str | None, installed: Installed) -> list[Finding]:
    """Where producers of GenICam cameras are looked for, by the text of the environment variable."""
    if named is None or not _found(GENICAM, installed):
        return []
    findings = list[Finding]()
    for folder in filter(None, named.split(os.pathsep)):
        files = sorted(path.name for path in Path(folder).glob("*.cti"))
        if files:
            findings.append(Finding("ok", f"{_PRODUCERS} names {folder}: {', '.join(files)}"))
        else:
            what = f"{_PRODUCERS} names {folder}, which " + ("has no .cti" if Path(folder).is_dir() else "is not there")
            findings.append(Finding("note", what, "install the vendor's producer, or take the folder out of it"))
    return findings


def _found(simulator: Simulator, installed: Installed) -> dict[str, str]:
    versions = {name: installed.version(name) for name in simulator.packages}
    return {name: version for name, version in versions.items() if version is not None}
