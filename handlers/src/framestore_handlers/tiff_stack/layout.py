"""What documents say of a stack of TIFF pages; what its pages bear, ``framestore_handlers.tiff.layout`` says."""

from dataclasses import dataclass
from typing import Any

from framestore_handlers.layout import Layout


@dataclass(frozen=True, kw_only=True, slots=True)
class TIFFStackLayout(Layout):
    """One file of many pages: frame j of point i is page i * frames_per_point + j."""

    def resource_kwargs(self, filename: str, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document."""
        del filename
        return {"frame_per_point": frames_per_point}

    def parameters(self, filename: str, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document: an event a row, (frames_per_point, \\*frame shape)."""
        del filename
        return {"chunk_shape": [1, frames_per_point, *frame_shape], "join_method": "stack"}


LAYOUT = TIFFStackLayout(
    name="tiff_stack",
    spec="FRAMESTORE_TIFF_STACK",
    mimetype="image/tiff",
    suffix=".tiff",
)
