"""What becomes of an error in a callback: it does not stop the run, unless it shall; it is told of at the run's end."""

import logging
import sys
import traceback
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Literal

from .hidden import HiddenDocumentsError

OnError = Literal["report", "raise"]
"""What becomes of an error."""

MOST = 100
"""Errors that are kept; a disk that is full fails at each event."""
_SHOWN = 3
"""Errors that are shown at the run's end."""

logger = logging.getLogger("framestore")


class Failures:
    """Errors of a callback.

    Parameters
    ----------
    callback
        Its name.
    on_error
        ``"report"``: an error is logged at once and kept, and the run goes on; `report` tells of all at its end.
        ``"raise"``: it is raised, and ends the run. A `HiddenDocumentsError` is raised in any case: the callback is
        subscribed in a way in which it cannot work.

    Raises
    ------
    ValueError
        When ``on_error`` is neither.

    Examples
    --------
    >>> failures = Failures("LiveImage", "raise")
    >>> with failures.caught("run 0d6a, event 3"):
    ...     raise OSError("no space left")
    Traceback (most recent call last):
    OSError: no space left
    LiveImage, run 0d6a, event 3
    """

    def __init__(self, callback: str, on_error: OnError = "report") -> None:
        if on_error not in ("report", "raise"):
            msg = f"on_error must be 'report' or 'raise', not {on_error!r}"
            raise ValueError(msg)
        self.callback = callback
        self.on_error: OnError = on_error
        self.errors: list[Exception] = []
        self._count = 0
        self._unreported = 0

    @contextmanager
    def caught(self, where: str) -> Generator[None]:
        """What is raised within is raised or kept; ``where`` says at what it was, such as ``run 0d6a, event 3``."""
        try:
            yield
        except HiddenDocumentsError:
            raise
        except Exception as error:
            error.add_note(f"{self.callback}, {where}")
            if self.on_error == "raise":
                raise
            self._keep(error)

    def clear(self, keep: Iterable[str] = ()) -> None:
        """Forget the errors of the runs before; those of the runs to ``keep``, as `run_named` names them, stay."""
        named = [f"{self.callback}, {run}" for run in keep]
        self.errors[:] = [error for error in self.errors if described(error).startswith(tuple(named))]
        self._count = len(self.errors)
        self._unreported = min(self._unreported, self._count)

    def report(self, run: str, *, is_logged: bool = False) -> None:
        """Tell of what failed since the last time, on stderr and in the log; nothing where nothing did.

        Parameters
        ----------
        run
            The run that has ended, as `run_named` names it.
        is_logged
            Whether the log just told of it.
        """
        failed, self._unreported = self._unreported, 0
        if not failed:
            return
        new = self.errors[self._count - failed :]
        known = f"{self.callback}, {run}"
        lines = [described(error).removeprefix(known).lstrip(",: ") for error in new[:_SHOWN]]
        if failed > len(lines):
            lines.append(f"and {failed - len(lines)} more; see .errors and the log")
        text = "\n  ".join([f"{self.callback} failed {_times(failed)} in {run}; the run was not affected:", *lines])
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - who runs a plan sees it where the plan's own errors are
        if not is_logged and logger.hasHandlers():  # of logs that nobody has configured, errors go to stderr, too
            logger.error("%s", text)

    def _keep(self, error: Exception) -> None:
        self._count += 1
        self._unreported += 1
        if self._count > MOST:
            return
        logger.error("%s", described(error), exc_info=error)
        if self._count == MOST:
            logger.error("%s failed %d times: errors that come now are only counted", self.callback, MOST)
        _let_go(error)
        self.errors.append(error)


def described(error: BaseException) -> str:
    """An error in words: where, and what; lines after the first are indented."""
    where = "; ".join(getattr(error, "__notes__", ()))
    return f"{where}: {type(error).__name__}: {error}".replace("\n", "\n    ")


def run_named(start: dict[str, Any] | None) -> str:
    """What a run is called in messages, by its start document."""
    if start is None:
        return "a run whose start is not known"
    scan = f" (scan {start['scan_id']})" if "scan_id" in start else ""
    return f"run {start.get('uid')}{scan}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _let_go(error: BaseException | None) -> None:
    """Let go of the frames that the functions of a traceback hold, and those of the errors that led to it."""
    seen: set[int] = set()  # one that was raised again may lead to itself
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
