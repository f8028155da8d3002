"""Making Tiled, and TiledWriter, know how frames are served."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from .served import ADAPTERS, SERVED, Served

_WRITERS = (
    ("bluesky.consolidators", "bluesky.callbacks.tiled_writer"),
    ("bluesky_tiled_plugins.writing.consolidators", "bluesky_tiled_plugins.writing.tiled_writer"),
)
"""Packages that have a TiledWriter: the modules of its consolidators, and of itself."""

Make = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""(stream_resource, descriptor) -> consolidator"""


def register() -> None:
    """Make Tiled know the formats that it lacks, in this process: call it in the server's, and in that of TiledWriter.

    A server that is started with what ``framestore-handlers tiled-config`` prints need not call it. TiledWriters are to
    be made after it: the one of bluesky-tiled-plugins, and bluesky's own. To call it again does nothing.

    Raises
    ------
    ModuleNotFoundError
        When Tiled is not installed, or a TiledWriter is one that is not known; it names the command that mends it.
    """
    try:
        from tiled.mimetypes import DEFAULT_ADAPTERS_BY_MIMETYPE  # noqa: PLC0415 - it is optional
    except ModuleNotFoundError as error:
        msg = f"Tiled lacks {error.name}; install it by: pip install 'framestore-handlers[tiled]'"
        raise ModuleNotFoundError(msg, name=error.name) from error
    for served in SERVED:
        DEFAULT_ADAPTERS_BY_MIMETYPE.set(served.layout.mimetype, partial(_adapter, served.adapter))
    for consolidators, writer in _writers():
        for served in SERVED:
            _consolidate(consolidators.CONSOLIDATOR_REGISTRY, served, getattr(consolidators, "Patch", dict))
            if served.is_of_framestore:
                writer.MIMETYPE_LOOKUP[served.layout.spec] = served.layout.mimetype


def _adapter(name: str) -> Any:
    return getattr(import_module(ADAPTERS), name)


def _writers() -> Iterator[tuple[Any, Any]]:
    for names in _WRITERS:
        try:
            yield import_module(names[0]), import_module(names[1])
        except ImportError as error:  # a server needs no TiledWriter; who cannot import one makes none
            if str(error.name).startswith("bluesky_tiled_plugins."):
                msg = (
                    f"bluesky-tiled-plugins has no {error.name}, as its version 2.0.12 has; "
                    "install that one by: pip install 'bluesky-tiled-plugins==2.0.12'"
                )
                raise ModuleNotFoundError(msg, name=error.name) from error


def _consolidate(registry: MutableMapping[str, Make], served: Served, patch: Callable[..., Any]) -> None:
    before = registry[served.layout.mimetype]
    if not isinstance(before, Consolidators):
        registry[served.layout.mimetype] = Consolidators(served=served, before=before, patch=patch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Consolidators:
    """What a TiledWriter makes consolidators of a mimetype with."""

    served: Served
    """The format."""
    before: Make
    """What it made them with before, which documents of others are left to."""
    patch: Callable[..., Any]
    """What a consolidator says of new rows with."""

    def __call__(self, stream_resource: Mapping[str, Any], descriptor: Mapping[str, Any]) -> Any:
        """The consolidator of a data key of a stream.

        Raises
        ------
        ValueError
            When a Resource document came through bluesky's own TiledWriter as it is, or images in colour are described
            in a way that Tiled would give in another order.
        """
        from .consolidator import FramesConsolidator  # noqa: PLC0415 - it needs Tiled

        if self.served.fits(stream_resource, descriptor["data_keys"][stream_resource["data_key"]]):
            return FramesConsolidator(stream_resource, descriptor, served=self.served, patch=self.patch)
        if "frame_per_point" in stream_resource["parameters"] and self.served.is_of_framestore:
            msg = (
                f"{stream_resource['data_key']}: bluesky's own TiledWriter leaves out which frames a Datum document "
                "names; make it with normalizer=framestore_handlers.tiled.normalizer.RunNormalizer, or take the "
                "TiledWriter of bluesky-tiled-plugins"
            )
            raise ValueError(msg)
        if self.served.is_series and self.served.is_coloured(stream_resource):
            msg = (
                f"{stream_resource['data_key']}: images in colour of {stream_resource['mimetype']}, with "
                f"{dict(stream_resource['parameters'])}, would be served with their pixels in disorder; what is served "
                "are files of one image each, with chunk_shape (1, 3, height, width), the last of which the data key "
                "has, too, and dtype_numpy"
            )
            raise ValueError(msg)
        return self.before(stream_resource, descriptor)
