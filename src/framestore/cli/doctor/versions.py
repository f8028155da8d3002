"""Versions of what framestore consists of, needs, and works with."""

import platform
import sys
from collections.abc import Iterable

from packaging.version import Version

from .finding import NO_BREAK, Finding
from .installed import Installed
from .requirements import lacks, requirements

OURS = ("framestore", "framestore-handlers")
"""The two distributions of this project."""
_NEEDED = ("numpy", "h5py", "pillow", "tifffile", "dask", "event-model")
_AROUND = (
    "bluesky",
    "ophyd",
    "ophyd-async",
    "tiled",
    "bluesky-tiled-plugins",
    "databroker",
    "area-detector-handlers",
)


def python() -> list[Finding]:
    """Which Python this is: often not the one that was meant."""
    return [Finding("ok", f"Python {platform.python_version()}, {sys.executable}")]


def ours(installed: Installed) -> list[Finding]:
    """Whether both distributions are there, and of the same minor version."""
    versions = {name: installed.version(name) for name in OURS}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        what = f"{' and '.join(missing)} not installed, as far as the metadata of this Python say"
        return [Finding("problem", what, f"pip install {' '.join(missing)}")]
    told = _listed(installed, OURS)
    if len({Version(str(version)).release[:2] for version in versions.values()}) > 1:
        what = f"{told}: these two do not go together, both must be of the same minor version"
        return [Finding("problem", what, "pip install --upgrade framestore framestore-handlers")]
    return [Finding("ok", told)]


def needed(installed: Installed) -> list[Finding]:
    """What framestore cannot do without."""
    return _those_there(installed, _NEEDED)


def around(installed: Installed) -> list[Finding]:
    """What framestore works with."""
    return _those_there(installed, _AROUND)


def hdf5() -> list[Finding]:
    """Version of the HDF5 library, which only h5py itself knows."""
    try:
        import h5py  # noqa: PLC0415 - one that cannot be imported is to be found, not to end the command
    except Exception as error:  # noqa: BLE001 - libraries that do not fit raise anything
        what = f"h5py cannot be imported ({type(error).__name__}: {error})"
        return [Finding("problem", what, "pip install --force-reinstall h5py")]
    return [Finding("ok", f"HDF5 {h5py.version.hdf5_version}, in h5py")]


def lacking(installed: Installed) -> list[Finding]:
    """What framestore and framestore-handlers need, extras aside, and do not find."""
    found: dict[str, Finding] = {}
    for owner in OURS:
        distribution = installed.get(owner)
        if distribution is None:
            continue
        wanted = [each for each in requirements(distribution) if each.name not in OURS]
        for lack in lacks(installed, wanted):
            what = f"{owner} needs {lack}" + (", which is not installed" if lack.found is None else "")
            found.setdefault(lack.requirement.name, Finding("problem", what, f"pip install {lack.wanted}"))
    return list(found.values())


def _those_there(installed: Installed, names: Iterable[str]) -> list[Finding]:
    told = _listed(installed, names)
    return [Finding("ok", told)] if told else []


def _listed(installed: Installed, names: Iterable[str]) -> str:
    """Name and version of those that are installed."""
    return ", ".join(f"{name}{NO_BREAK}{version}" for name in names if (version := installed.version(name)) is not None)
