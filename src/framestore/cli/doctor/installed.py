"""What is installed, as the metadata of distributions say: nothing is imported."""

from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

from packaging.utils import canonicalize_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """Distributions in some folders."""

    path: tuple[str, ...]
    """The folders, in the order in which they are looked through, as in ``sys.path``."""

    def get(self, name: str) -> Distribution | None:
        """The distribution of that name that an import would find; None without one."""
        return next(iter(distributions(name=name, path=list(self.path))), None)

    def version(self, name: str) -> str | None:
        """Version of a distribution; None when it is not installed."""
        distribution = self.get(name)
        return distribution and distribution.version

    def entry_points(self, group: str) -> list[tuple[Distribution, EntryPoint]]:
        """Entry points of a group, each with the distribution that it is from."""
        first: dict[str, Distribution] = {}
        for distribution in distributions(path=list(self.path)):
            if distribution.entry_points.select(group=group):
                first.setdefault(canonicalize_name(distribution.name), distribution)
        return [(one, point) for one in first.values() for point in one.entry_points.select(group=group)]
