"""``framestore demo``: the simulated beamline, at a prompt or as a walk through it."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click


@click.command()
@click.option(
    "--framework",
    type=click.Choice(["ophyd-async", "ophyd"]),
    help="What the devices are made with. Default: ophyd-async.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where all files go. Default: a new temporary one.",
)
@click.option("--walk", is_flag=True, help="Walk through it, check what comes out, and end: no prompt.")
@click.option(
    "--reader", metavar="PYTHON", help="With --walk: the Python that reads the frames back. Default: this one."
)
def demo(framework: str | None, folder: Path | None, *, walk: bool, reader: str | None) -> None:
    """A simulated beamline, to try it all out: two motors, a point detector, a camera.

    It is yours at the prompt of IPython: ipython -i -m framestore.demo does the same. With --walk, the lines of the
    tutorial are done, and what they give is checked.

    The exit status is that of the prompt; of the walk, 0 when all was as it should be, 1 when not. It is 1 when a
    package is missing, and 2 when the command was called in a wrong way.
    """
    if reader and not walk:
        msg = "--reader is for --walk: at the prompt, you read the frames back yourself"
        raise click.UsageError(msg)
    _check_needs()
    options = {"--framework": framework, "--folder": folder, "--reader": reader}
    given = [str(word) for option, value in options.items() if value is not None for word in (option, value)]
    command = [sys.executable, *_before(walk=walk), *given]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - this Python, with the options that were checked


def _check_needs() -> None:
    try:
        import_module("framestore.demo")  # it says what it lacks
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from error


def _before(*, walk: bool) -> list[str]:
    """How Python is called, up to the options."""
    if walk:
        return ["-m", "framestore.demo"]
    if find_spec("IPython") is None:
        return ["-i", "-m", "framestore.demo"]
    return ["-m", "IPython", "-i", "-m", "framestore.demo", "--"]
