"""Extras of framestore and framestore-handlers: what of them is there."""

from collections.abc import Iterator

from .finding import Finding
from .installed import Installed
from .requirements import Lack, extras, lacks, requirements, unfolded
from .versions import OURS


def complete(installed: Installed) -> list[Finding]:
    """Which extras are there, and what the others lack."""
    found = list(_each(installed))
    whole = [name for name, lack in found if not lack]
    told = [Finding("ok", f"complete: {', '.join(whole)}")] if whole else []
    return told + [
        Finding("note", f"{name} lacks {', '.join(map(str, lack))}", f"if you want it: pip install '{name}'")
        for name, lack in found
        if lack
    ]


def outdated(installed: Installed) -> list[Finding]:
    """Packages that are there in a version that an extra cannot use."""
    found: dict[str, Finding] = {}
    for name, lacking in _each(installed):
        for lack in lacking:
            if lack.found is not None:
                finding = Finding("problem", f"{name} needs {lack}", f"pip install {lack.wanted}")
                found.setdefault(lack.requirement.name, finding)
    return list(found.values())


def ophyd_without_bluesky(installed: Installed) -> list[Finding]:
    """Neither ophyd nor databroker brings bluesky along."""
    if installed.get("ophyd") is None or installed.get("bluesky") is not None:
        return []
    what = "ophyd is installed, bluesky is not: ophyd does not bring it along. Camera needs both"
    return [Finding("note", what, "pip install 'framestore[ophyd]'")]


def _each(installed: Installed) -> Iterator[tuple[str, list[Lack]]]:
    """Each extra, as pip knows it, with what it lacks; the smallest first."""
    for owner in OURS:
        distribution = installed.get(owner)
        if distribution is None:
            continue
        wanted = {extra: unfolded(installed, requirements(distribution, extra)) for extra in extras(distribution)}
        for extra in sorted(wanted, key=lambda extra: (len(wanted[extra]), extra)):
            yield f"{owner}[{extra}]", lacks(installed, wanted[extra])
