"""Pieces of work on their way to another process, and what became of them on their way back."""

import pickle
import traceback
from collections.abc import Callable
from typing import Any

import cloudpickle


def packed(function: Callable[[Any], Any], item: Any) -> bytes:
    """A piece, for `done`. What is defined in a script, or at a prompt, goes along.

    Raises
    ------
    ValueError
        When it holds something that cannot be sent.
    """
    try:
        return cloudpickle.dumps((function, item), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        msg = (
            f"this export cannot be made by other processes, since {type(error).__name__}: {error}; is there a handler "
            "that holds an open file? Export with workers=1, and without a scheduler"
        )
        raise ValueError(msg) from error


def done(piece: bytes) -> bytes:
    """Do a piece; what it has given, or raised, for `result`."""
    try:
        function, item = pickle.loads(piece)  # noqa: S301 - the process that exports has made it
        return pickle.dumps((function(item), None), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - it is raised where the piece came from
        return _raised(error)


def result(answer: bytes) -> Any:
    """What a piece has given; what it has raised is raised."""
    given, error = pickle.loads(answer)  # noqa: S301 - a process that was started for this has made it
    if error is not None:
        raise error
    return given


def _raised(error: Exception) -> bytes:
    """An exception, with its traceback as a note; one that cannot be sent as a RuntimeError that says what it was."""
    told = "".join(traceback.format_exception(error))
    try:
        error.add_note(f"in another process:\n{told}")
        answer = pickle.dumps((None, error), protocol=pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # noqa: S301 - own bytes
    except Exception:  # noqa: BLE001 - it may be any, of any library
        other = RuntimeError(f"{type(error).__name__}: {error}")
        other.add_note(f"in another process:\n{told}")
        return pickle.dumps((None, other), protocol=pickle.HIGHEST_PROTOCOL)
    return answer
