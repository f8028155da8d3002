"""How a command says what went wrong: one line on stderr, and an exit status."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager

import click

from .text import as_options, printable


class Failure(click.ClickException):
    """What ends a command.

    Parameters
    ----------
    message
        What went wrong, in one line.
    status
        Exit status of the process.
    """

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(printable(as_options(message)))
        self.exit_code = status  # pyright: ignore[reportAttributeAccessIssue] - click reads it from the instance


@contextmanager
def failing(*, status: int, but: tuple[type[Exception], ...] = ()) -> Generator[None]:
    """Whatever is raised within ends the command by its message.

    Parameters
    ----------
    status
        Exit status of the process.
    but
        What is passed on.
    """
    try:
        yield
    except (click.ClickException, click.Abort, *but):
        raise
    except Exception as error:
        raise Failure(message(error), status=status) from error


def message(error: Exception) -> str:
    """What an error says; its class, too, where it was not raised to be read by users."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{click.format_filename(error.filename)}: {error.strerror}"
    said = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    is_for_users = isinstance(error, OSError | ValueError | KeyError | ImportError)
    return said if said and is_for_users else f"{type(error).__name__}: {said}"


@contextmanager
def warnings_as_notes() -> Generator[None]:
    """Tell warnings on stderr, a line each, without the place in the code."""

    def tell(message: Warning | str, *_: object) -> None:
        click.echo(f"note: {printable(as_options(str(message)))}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = tell
        yield
