"""What colours brightness is shown in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .needs import need

_EMBER = ("#08051a", "#2c0f57", "#641a72", "#9a2b69", "#cf4449", "#ee742c", "#fbad35", "#f9de82", "#fcfbe0")
"""From dark to bright in even steps: through violet, red and orange."""
_GREY = ("#000000", "#ffffff")
_OWN = {"ember": _EMBER, "gray": _GREY, "grey": _GREY}
DEFAULT = "ember"
STEPS = 240
"""Of brightness, in a picture of 8 bits; the rest is for what is written around it."""
NOTHING = 255
"""What stands for pixels that have no value; see `indexed`."""


def palette(cmap: Any) -> NDArray[np.uint8]:
    """Colours from dark to bright, (256, 3).

    Parameters
    ----------
    cmap
        ``"ember"`` (None means the same), ``"gray"``, or what matplotlib takes: the name of one of its colour maps, or
        a colour map itself.

    Raises
    ------
    ModuleNotFoundError
        When it takes matplotlib, and that is not installed; it names the command that mends it.
    ValueError
        When matplotlib has no such colour map.
    """
    if cmap is None or (isinstance(cmap, str) and cmap in _OWN):
        return _between(_OWN[cmap or DEFAULT])
    need("matplotlib", f"the colour map {cmap!r}")
    import matplotlib as mpl  # noqa: PLC0415 - optional, and slow to import

    if isinstance(cmap, str) and cmap not in mpl.colormaps:
        msg = f"matplotlib has no colour map {cmap!r}; it has 'viridis', 'inferno', and those that it lists"
        raise ValueError(msg)
    colours = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
    return np.round(255 * np.asarray(colours(np.linspace(0, 1, 256)))[:, :3]).astype(np.uint8)


def _between(anchors: tuple[str, ...]) -> NDArray[np.uint8]:
    """256 colours, of which the anchors are some, at even distances."""
    channels = np.array([[int(anchor[at : at + 2], 16) for at in (1, 3, 5)] for anchor in anchors])
    places = np.linspace(0, len(anchors) - 1, 256)
    return np.column_stack(
        [np.round(np.interp(places, np.arange(len(anchors)), channel)) for channel in channels.T]
    ).astype(np.uint8)


def indexed(relative: NDArray[Any]) -> NDArray[np.uint8]:
    """Brightness from 0 to 1 in 8 bits: in `STEPS` steps of (height, width), in 256 of (height, width, 3).

    NaN is `NOTHING`, which is white in both.
    """
    nothing = np.isnan(relative)
    top = STEPS - 1 if relative.ndim == 2 else 255
    found = np.round(np.where(nothing, 0, relative) * top).astype(np.uint8)
    found[nothing if relative.ndim == 2 else nothing.any(axis=2)] = NOTHING
    return found
