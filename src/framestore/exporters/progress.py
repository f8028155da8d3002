"""How far an export is."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from .task import Tell


@contextmanager
def bar(frames: int, *, progress: bool) -> Generator[Tell]:
    """A bar on stderr, where that is a terminal; what it gives is told of frames that are done.

    Parameters
    ----------
    frames
        How many there are.
    progress
        False: no bar.
    """
    shown: Any = tqdm(total=frames, unit=" frames", disable=None if progress else True)
    with shown:

        def tell(more: int) -> None:
            shown.update(more)

        yield tell
