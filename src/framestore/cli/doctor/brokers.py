"""Where documents go: databroker and Tiled."""

from packaging.version import Version

from .finding import Finding
from .installed import Installed

_FAMILIES = Version("2.0a0")
"""First version of databroker that reads stream documents."""
_INTAKE = Version("0.7")
"""First version of intake that databroker 1 cannot work with; 1.2.5 was seen working with 0.6.4."""


def databroker(installed: Installed) -> list[Finding]:
    """Whether databroker reads what a camera emits, and works at all."""
    version = installed.version("databroker")
    if version is None:
        return []
    if Version(version) >= _FAMILIES:
        return [Finding("ok", f"databroker {version} reads both kinds of documents that a camera can emit")]
    what = f"databroker {version} cannot read the stream documents that a camera emits by default"
    advice = 'make cameras for it with documents="datum":\nCamera(source, path_provider, documents="datum", name=...)'
    return [Finding("note", what, advice), *_intake(installed, version)]


def tiled_writer(installed: Installed) -> list[Finding]:
    """Which TiledWriter there is: the one within bluesky does not know files of one frame in bursts."""
    if any(installed.get(name) is None for name in ("tiled", "bluesky")):
        return []
    version = installed.version("bluesky-tiled-plugins")
    if version is not None:
        return [Finding("ok", f"the TiledWriter of bluesky-tiled-plugins {version} can be used")]
    what = (
        "Tiled and bluesky are installed without bluesky-tiled-plugins: bluesky's built-in TiledWriter cannot read "
        "bursts (frames_per_point > 1) of formats with a file a frame, such as jpeg"
    )
    return [Finding("note", what, "pip install bluesky-tiled-plugins")]


def _intake(installed: Installed, databroker: str) -> list[Finding]:
    version = installed.version("intake")
    if version is None or Version(version) < _INTAKE:
        return []
    what = f"databroker {databroker} does not work with intake {version}, it needs one below 0.7"
    return [Finding("problem", what, 'pip install "intake==0.6.4"')]
