"""Read a run back where only framestore-handlers is installed, and draw it: a script of its own.

It imports nothing but framestore_handlers and what that brings along.
"""

import argparse
import importlib.util
from pathlib import Path
from typing import Any

import framestore_handlers
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

_GAP = 4
"""Pixels between thumbnails."""
_CAPTION = 16
"""Height of a thumbnail's caption, pixels."""


def montage(images: NDArray[Any], captions: list[str], columns: int) -> Image.Image:
    """Thumbnails of (events, height, width), row by row, on one brightness scale."""
    events, height, width = images.shape
    rows = -(-events // columns)
    picture = Image.new("L", (columns * (width + _GAP), rows * (height + _CAPTION + _GAP)), 40)
    draw = ImageDraw.Draw(picture)
    scaled = (images * (255 / max(images.max(), 1))).astype(np.uint8)
    for event, (image, caption) in enumerate(zip(scaled, captions, strict=True)):
        left = event % columns * (width + _GAP)
        top = event // columns * (height + _CAPTION + _GAP)
        picture.paste(Image.fromarray(image), (left, top + _CAPTION))
        draw.text((left + 3, top + 2), caption, fill=230)
    return picture


def main() -> None:
    """Load, print what came back, save the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()

    run = framestore_handlers.load(arguments.documents)
    stream = run["primary"]
    frames = stream["camera_image"]
    alone = importlib.util.find_spec("framestore") is None
    print(f"framestore is {'not ' if alone else ''}installed here, framestore_handlers is.")
    print(f"run['primary']['camera_image'] is lazy: {frames}")
    images = frames.mean(axis=1).compute()
    print(f"The array that came back has the shape {frames.shape} and the dtype {frames.dtype}.")
    same = np.allclose(images.mean(axis=(1, 2)), stream["camera_mean"])
    print(f"Its means {'equal' if same else 'DIFFER FROM'} the camera's own numbers in the documents.")
    xs, ys = stream["stage_x"], stream["stage_y"]
    captions = [f"x={x:+.1f} y={y:+.1f}" for x, y in zip(xs, ys, strict=True)]
    montage(images[:, ::2, ::2], captions, columns=len(np.unique(xs))).save(arguments.picture)
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
