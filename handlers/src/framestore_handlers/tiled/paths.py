"""Where the assets of a data source are."""

from collections.abc import Sequence
from pathlib import Path

from tiled.adapters.utils import IncompatibleShapeError
from tiled.utils import path_from_uri

from framestore_handlers.place import Place

Roots = tuple[Path, ...] | None
"""Folders that nothing may lead out of; None: whoever names the files is trusted."""


def places(uris: Sequence[str | None], roots: Roots) -> list[Place]:
    """Those of the files that were looked up."""
    return [Place(path=path_of(uri), roots=roots) for uri in uris if uri is not None]


def path_of(uri: str) -> Path:
    """The path that Tiled has checked to be one of its readable storage; it does not look for steps upwards in it."""
    path = path_from_uri(uri)
    if ".." in path.parts:
        msg = f"{uri} leads upwards in its folder; it was not opened"
        raise IncompatibleShapeError(msg)
    return path
