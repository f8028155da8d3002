"""From what a Resource or a StreamResource document names to frames in files, unopened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .access import RootMap, check_root_map, place_of
from .foreign import Handler, Opener, opener
from .frame_file import FrameFile
from .registry import by_mimetype, by_spec
from .served import SERVED, ServedFrames


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """How documents are followed to files."""

    root_map: RootMap | None = None
    """Folder as the documents name it -> folder where this machine has it."""
    roots: tuple[Path, ...] | None = None
    """Folders, resolved, that nothing may lead out of; None: no restriction."""
    handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    """Handler class by spec, or by mimetype; those that framestore_handlers has itself come after them."""

    def __post_init__(self) -> None:
        """Check what a user gave."""
        if self.root_map is not None:
            check_root_map(self.root_map)

    def of(self, document: Mapping[str, Any]) -> FrameFile:
        """Frames that a Resource or a StreamResource document names.

        Raises
        ------
        ValueError
            When its spec or mimetype is not known, or its URI is not that of a file.
        """
        if document.get("mimetype") == SERVED and hasattr(document["parameters"], "shape"):
            return ServedFrames(array=document["parameters"])
        try:
            return self._of(document)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            kind = "resource" if "spec" in document else "stream_resource"
            msg = f"{kind} document {document.get('uid')} cannot be followed: {type(error).__name__}: {error}"
            raise ValueError(msg) from error

    def _of(self, document: Mapping[str, Any]) -> FrameFile:
        if "spec" in document:
            kwargs, make = document["resource_kwargs"], self._opener(by_spec, "spec", document["spec"])
        else:
            kwargs, make = document["parameters"], self._opener(by_mimetype, "mimetype", document["mimetype"])
        return make(place_of(document, self.root_map, self.roots), kwargs)

    def knows(self, document: Mapping[str, Any]) -> bool:
        """Whether the document tells where its frames are, in a way that is known here."""
        try:
            self.of(document)
        except ValueError:
            return False
        return True

    def _opener(self, openers: Mapping[str, Opener], kind: str, value: str) -> Opener:
        if value in self.handlers:
            return opener(self.handlers[value])
        if value not in openers:
            known = ", ".join({**openers, **self.handlers})
            msg = (
                f"no reader for the {kind} {value!r}; known: {known}; see load(..., handlers={{{value!r}: <handler>}})"
            )
            raise ValueError(msg)
        return openers[value]
