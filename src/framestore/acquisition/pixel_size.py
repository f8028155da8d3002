"""How large the pixels of a source are."""

import math
from collections.abc import Sequence
from typing import SupportsFloat, cast

from .claims import hardware


def pixel_size(source: object) -> tuple[float, float] | None:
    """Height and width of a pixel, metres; None where the source does not say.

    Raises
    ------
    ValueError
        When they are not two numbers above 0.
    """
    said = getattr(hardware(source), "pixel_size", None)
    if said is None:
        return None
    if isinstance(said, Sequence) and len(cast("Sequence[object]", said)) == 2:
        numbers = cast("Sequence[object]", said)
        size = [float(number) for number in numbers if isinstance(number, SupportsFloat)]
        if len(size) == 2 and all(0 < number < math.inf for number in size):
            return size[0], size[1]
    msg = f"pixel_size of {source!r} must be the height and the width of a pixel, metres, not {said!r}"
    raise ValueError(msg)
