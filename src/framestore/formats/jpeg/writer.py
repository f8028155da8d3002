"""A frame as the content of a JPEG file."""

from io import BytesIO
from typing import Any

from numpy.typing import NDArray


def encode(array: NDArray[Any], frame_id: int, timestamp: float, *, quality: int, subsampling: str) -> bytes:
    """Encode a frame, (height, width) or (height, width, 3) uint8, by Pillow.

    Its id and timestamp stand in the file's comment: ``frame_id=7 timestamp=1700000000.25``.
    """
    from PIL import Image  # noqa: PLC0415 - a camera that writes another format does not need it

    file = BytesIO()  # Pillow hides from which error a write of its own to a full disk failed
    comment = f"frame_id={frame_id} timestamp={float(timestamp)!r}"
    Image.fromarray(array).save(file, "JPEG", quality=quality, subsampling=subsampling, comment=comment)
    return file.getvalue()
