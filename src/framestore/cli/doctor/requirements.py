"""What a distribution needs, by its metadata, and what of it is lacking."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .installed import Installed


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """A requirement that is not met."""

    requirement: Requirement
    """What is needed."""
    found: str | None
    """Version that is installed instead; None when there is none."""

    def __str__(self) -> str:
        """The name, and what is wrong with the version."""
        name = self.requirement.name
        return name if self.found is None else f"{name} {self.requirement.specifier} (found {self.found})"

    @property
    def wanted(self) -> str:
        """What to give pip, in quotes for a shell."""
        return f"'{self.requirement.name}{self.requirement.specifier}'"


def requirements(distribution: Distribution, extra: str = "") -> list[Requirement]:
    """What a distribution needs here: its base, or what an extra adds to it."""
    every = [Requirement(line) for line in distribution.requires or ()]
    if not extra:
        return [requirement for requirement in every if _applies(requirement)]
    return [requirement for requirement in every if _applies(requirement, extra) and not _applies(requirement)]


def extras(distribution: Distribution) -> list[str]:
    """Names of the extras of a distribution."""
    return sorted(distribution.metadata.get_all("Provides-Extra") or ())


def lacks(installed: Installed, wanted: Iterable[Requirement]) -> list[Lack]:
    """What is missing or of the wrong version; the extras that requirements name are looked into."""
    found: dict[str, Lack] = {}
    for requirement in unfolded(installed, wanted):
        version = installed.version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            found.setdefault(canonicalize_name(requirement.name), Lack(requirement=requirement, found=version))
    return list(found.values())


def unfolded(installed: Installed, wanted: Iterable[Requirement]) -> list[Requirement]:
    """Requirements, and those of the extras that they name, and so on; each once."""
    pending = list(wanted)
    found: dict[str, Requirement] = {}
    for requirement in pending:  # grows as it goes
        distribution = installed.get(requirement.name)
        if distribution and str(requirement) not in found:
            pending += [more for extra in sorted(requirement.extras) for more in requirements(distribution, extra)]
        found.setdefault(str(requirement), requirement)
    return list(found.values())


def _applies(requirement: Requirement, extra: str = "") -> bool:
    """Whether this Python on this system needs it."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})
