"""What is to be seen in a picture that a callback has drawn: Pillow opens it, and its colours are looked at."""

import numpy as np
from PIL import Image


def page(path):
    """The whole picture, (height, width, 3)."""
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB")).astype(int)


def words(path):
    """What the file says of itself."""
    with Image.open(path) as picture:
        return picture.info


def stretches(inside, least=12):
    """From where to where there are values that are True, one after another."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop - start > least]


def tiles(path):
    """The images that stand side by side, in rows from the top; None where there is none. The scale is left out."""
    picture = page(path)
    rows, columns = _rows_and_columns(picture, least=_BAR + 4)
    return [[_tile(picture[top:bottom, left:right]) for left, right in columns] for top, bottom in rows]


def values(path):
    """What is in the middle of each image, by the scale of brightness: 0 dark, 1 bright, NaN where there is none."""
    picture = page(path)
    rows, columns = _rows_and_columns(picture, least=_BAR - 4)
    left, right = columns[-1]
    scale = picture[rows[0][0] + 1 : rows[-1][1] - 1, (left + right) // 2][::-1]
    return np.array([[np.nan if tile is None else _on(scale, middle(tile)) for tile in row] for row in tiles(path)])


_BAR = 20
"""Pixels of the scale's width, with its outline."""


def _rows_and_columns(picture, least):
    ink = picture.min(axis=2) < 250
    rows = stretches(ink[:, :-100].mean(axis=1) > 0.25)
    return rows, stretches(ink[rows[0][0] : rows[-1][1]].mean(axis=0) > 0.15, least)


def _on(scale, colour):
    return np.abs(scale - colour).sum(axis=1).argmin() / (len(scale) - 1)


def _tile(pixels):
    return None if pixels.min() > 250 else pixels


def only(path):
    """The one image of a picture."""
    ((found,),) = tiles(path)
    return found


def brightest(pixels):
    """(row, column) of the middle of what is brightest, from 0 to 1."""
    light = pixels.sum(axis=2)
    places = np.nonzero(light == light.max())
    return tuple((np.mean(place) + 0.5) / size for place, size in zip(places, light.shape, strict=True))


def middle(pixels):
    """The colour in the middle of an image."""
    height, width = pixels.shape[:2]
    return pixels[height // 2, width // 2]


def grey(pixels):
    """The grey in the middle of an image."""
    return int(middle(pixels)[0])
