"""Handlers that databroker finds: entry points of the group ``databroker.handlers``."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .finding import Finding
from .installed import Installed

GROUP = "databroker.handlers"
"""Group of entry points: spec = class."""
_AGREEING = frozenset({"AD_HDF5", "AD_TIFF"})
"""Specs that both of the next read alike, in files of finished runs."""
_AGREED = frozenset({"framestore-handlers", "area-detector-handlers"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A distribution that names a handler for a spec."""

    owner: str
    """Name of the distribution."""
    version: str
    """Its version."""
    value: str
    """The class, ``module:name``."""

    def __str__(self) -> str:
        """All of it."""
        return f"{self.owner} {self.version} ({self.value})"


def clashes(installed: Installed) -> list[Finding]:
    """Specs that several distributions name handlers for: databroker takes any one of them."""
    claims = _claims(installed)
    found = [_clash(spec, claims[spec]) for spec in sorted(claims) if len({one.value for one in claims[spec]}) > 1]
    if found or not claims:
        return found
    return [Finding("ok", f"each of the {len(claims)} specs that databroker finds here has one handler")]


def stale(installed: Installed, specs: Iterable[str]) -> list[Finding]:
    """Specs of framestore-handlers that are not among the entry points of its installation."""
    version = installed.version("framestore-handlers")
    if version is None:
        return []
    claims = _claims(installed)
    named = {spec for spec in claims if any(one.owner == "framestore-handlers" for one in claims[spec])}
    lost = sorted(set(specs) - named)
    if not lost:
        return []
    what = (
        f"framestore-handlers reads {', '.join(lost)}, which its installed entry points do not name: databroker will "
        "not find the handler. The installation is older than the code"
    )
    advice = "reinstall framestore-handlers, from a clone of the repository (pip install -e ./handlers) or with\n"
    return [Finding("problem", what, advice + "pip install --force-reinstall --no-deps framestore-handlers")]


def _claims(installed: Installed) -> dict[str, list[Claim]]:
    """Who names a handler, by spec."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    for distribution, point in installed.entry_points(GROUP):
        claim = Claim(owner=distribution.name, version=distribution.version, value=point.value)
        claims[point.name].append(claim)
    return dict(claims)


def _clash(spec: str, claims: list[Claim]) -> Finding:
    agree = spec in _AGREEING and {claim.owner for claim in claims} <= _AGREED
    known = ". Both read the files of finished runs alike" if agree else ""
    what = f"{spec} is named by {' and by '.join(map(str, claims))}: databroker picks one by chance{known}"
    ours = [claim for claim in claims if claim.owner == "framestore-handlers"]
    module, _, name = (ours or claims)[0].value.partition(":")
    handler = f"framestore_handlers.{name}" if ours else f"{module}.{name}"
    advice = f'choose one:\ndb.register_handler("{spec}", {handler}, overwrite=True)\nor uninstall the other package'
    return Finding("note" if agree else "problem", what, advice)
