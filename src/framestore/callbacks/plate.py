"""A picture as Pillow draws it: with a title, a scale of brightness, and words along its sides."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .brightness import relative, shrunk
from .colours import STEPS, indexed
from .picture import Axis, Picture

_INK, _FAINT, _PAGE = 32, 112, 255
"""Greys."""
_GREYS = 256 - STEPS
"""How many there are, for smooth letters."""
_MARGIN, _GAP = 16, 6
_TITLE, _TEXT = 19, 14
"""Sizes of letters, pixels."""
_BAR = 18
"""Width of the scale of brightness, pixels."""
_LEAST = 480
"""Pixels of the longer side, at least, as far as whole pixels are drawn larger."""
_THINNEST = 60
"""Pixels of the shorter side, at least: of a line of pixels, say."""
_KNOWN = str.maketrans("\u00b5\u03bc\u00c5\u00d7\u00b2\u00b3\u2013", "uuAx23-")
"""What the letters that come with Pillow lack, and what stands for it."""


def plate(picture: Picture, colours: NDArray[np.uint8], *, longest: int = 1536) -> Image.Image:
    """Draw a picture: 8 bits a pixel, or RGB where it is in colours.

    Parameters
    ----------
    picture
        What is drawn.
    colours
        From dark to bright, (256, 3).
    longest
        Most pixels along a side, without the words; a larger picture is shrunk.
    """
    by = -(-max(picture.pixels.shape[:2]) // longest)
    pixels = shrunk(picture.pixels, by)
    scaled = relative(pixels, picture.low, picture.high) if picture.norm is None else _normed(picture.norm, pixels)
    times = max(1, round(_LEAST / max(pixels.shape[:2])))
    down, across = (max(times, -(-_THINNEST // size)) for size in pixels.shape[:2])
    inside = indexed(scaled).repeat(down, axis=0).repeat(across, axis=1)
    page = _Page(picture, inside.shape[:2])
    return page.in_colours(inside) if picture.is_coloured else page.in_steps(inside, colours)


def _normed(norm: Any, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """As a norm of matplotlib's gives it; what that masks is NaN."""
    found = np.ma.filled(np.ma.asarray(norm(pixels), np.float32), np.nan)
    return np.clip(found, 0, 1)


class _Page:
    """The page around a picture.

    Parameters
    ----------
    picture
        What it is.
    inside
        (height, width) of the picture, as it is drawn.
    """

    def __init__(self, picture: Picture, inside: tuple[int, ...]) -> None:
        self._picture = picture
        self._height, self._width = inside
        self._title, self._text = (ImageFont.load_default(size) for size in (_TITLE, _TEXT))
        self._left = _MARGIN + self._room_at_left(picture.y)
        self._top = _MARGIN + _TITLE + _GAP + (_TEXT + _GAP if picture.below else 0) + _GAP
        self._top += _TEXT + _GAP if picture.y and picture.y.label else 0
        self._numbers = [] if picture.is_coloured else [f"{value:.4g}" for value in (picture.low, picture.high)]
        self._bar = self._left + self._width + _MARGIN

    def in_colours(self, inside: NDArray[np.uint8]) -> Image.Image:
        """The page with a picture in colours, (height, width, 3)."""
        page = np.asarray(self._words().convert("RGB")).copy()
        page[self._top : self._top + self._height, self._left : self._left + self._width] = inside
        return Image.fromarray(page)

    def in_steps(self, inside: NDArray[np.uint8], colours: NDArray[np.uint8]) -> Image.Image:
        """The page with a picture in steps of brightness, (height, width), and a scale of them to the right."""
        page = STEPS + np.asarray(self._words()) // (256 // _GREYS)
        rows = slice(self._top, self._top + self._height)
        page[rows, self._left : self._left + self._width] = inside
        page[rows, self._bar : self._bar + _BAR] = np.linspace(STEPS - 1, 0, self._height).round()[:, np.newaxis]
        drawn = Image.fromarray(page.astype(np.uint8))
        greys = np.linspace(0, 255, _GREYS).round()[:, np.newaxis].repeat(3, axis=1)
        chosen = colours[np.linspace(0, len(colours) - 1, STEPS).round().astype(int)]
        drawn.putpalette(np.concatenate([chosen, greys]).astype(np.uint8).tobytes())
        return drawn

    def _words(self) -> Image.Image:
        """All that is written, in greys."""
        page = Image.new("L", self._size(), _PAGE)
        draw = ImageDraw.Draw(page)
        picture = self._picture
        draw.text((self._left, _MARGIN), _known(picture.title), _INK, self._title)
        draw.text((self._left, _MARGIN + _TITLE + _GAP), _known(picture.below), _FAINT, self._text)
        if picture.x:
            self._below(draw, picture.x)
        if picture.y:
            self._at_left(draw, picture.y)
        if self._numbers:
            self._at_bar(draw)
        return page

    def _size(self) -> tuple[int, int]:
        """(width, height) of the page."""
        picture = self._picture
        bar = _MARGIN + _BAR + _GAP + max(map(self._long, self._numbers)) if self._numbers else 0
        above = max(self._long(picture.title, self._title), self._long(picture.below))
        width = self._left + max(self._width + bar, above) + _MARGIN
        below = _GAP + (_TEXT + _GAP) * (bool(picture.x.ticks) + bool(picture.x.label)) if picture.x else 0
        return width, self._top + self._height + below + _MARGIN

    def _below(self, draw: Any, axis: Axis) -> None:
        bottom = self._top + self._height
        for at, text in axis.ticks:
            place = (self._left + self._width * (at + 0.5) / self._picture.pixels.shape[1], bottom + _GAP)
            draw.text(place, _known(text), _INK, self._text, anchor="ma")
        place = (self._left + self._width / 2, bottom + _TEXT + 2 * _GAP)
        draw.text(place, _known(axis.label), _INK, self._text, anchor="ma")

    def _at_left(self, draw: Any, axis: Axis) -> None:
        for at, text in axis.ticks:
            place = (self._left - _GAP, self._top + self._height * (at + 0.5) / self._picture.pixels.shape[0])
            draw.text(place, _known(text), _INK, self._text, anchor="rm")
        draw.text((_MARGIN, self._top - _TEXT - _GAP), _known(axis.label), _INK, self._text)

    def _at_bar(self, draw: Any) -> None:
        draw.rectangle((self._bar - 1, self._top - 1, self._bar + _BAR, self._top + self._height), outline=_FAINT)
        right = self._bar + _BAR + _GAP
        draw.text((right, self._top + self._height), self._numbers[0], _INK, self._text, anchor="ls")
        draw.text((right, self._top), self._numbers[1], _INK, self._text, anchor="la")

    def _room_at_left(self, axis: Axis | None) -> int:
        return max((self._long(text) + _GAP for _, text in axis.ticks), default=0) if axis else 0

    def _long(self, text: str, font: Any = None) -> int:
        return round((font or self._text).getlength(_known(text)))


def _known(text: str) -> str:
    """With the letters that there are."""
    return text.translate(_KNOWN)
