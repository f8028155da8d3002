"""A bar on the terminal, for what takes long."""

import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import click

Progress = Callable[[int, int], None]
"""(done, all)"""


@contextmanager
def progress_bar(label: str) -> Generator[Progress | None]:
    """What to call with how much is done; None where nobody looks: stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        bars: list[Any] = []

        def show(done: int, whole: int) -> None:
            if not bars:
                bars.append(stack.enter_context(click.progressbar(length=whole, label=label, file=sys.stderr)))
            bars[0].length = whole
            bars[0].update(done - bars[0].pos)

        yield show
