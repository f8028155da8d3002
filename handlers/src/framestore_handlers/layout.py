"""What the writer of a format and its reader must agree on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The wire values that every format has; a format adds its own in its ``layout.py``."""

    name: str
    """Name of the format, the same in every tree."""
    spec: str
    """Spec of its Resource documents."""
    mimetype: str
    """Mimetype of its StreamResource documents."""
    suffix: str
    """Suffix of its files, with the dot."""

    def resource_name(self, filename: str) -> str:
        """Name, below the folder, of what a document points to."""
        return f"{filename}{self.suffix}"

    def resource_kwargs(self, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document."""
        raise NotImplementedError

    def parameters(self, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document."""
        raise NotImplementedError
