"""One of the runs that a source has."""

from collections.abc import Iterable
from typing import Any

from .collector import RunParts

Head = tuple[dict[str, Any], dict[str, Any] | None]
"""Start document of a run, and its stop document, where it has one."""

_NAMED = 10
"""Runs that a message names."""


class SeveralRunsError(ValueError):
    """There are several runs, and nobody said which.

    Parameters
    ----------
    message
        It names them, at most some.
    runs
        Start and stop document of each; those of a server are asked for when they are looked at.
    """

    def __init__(self, message: str, runs: Iterable[Head]) -> None:
        super().__init__(message)
        self.runs = runs

    def __reduce__(self) -> tuple[Any, ...]:
        """What it is made of: errors are pickled on their way out of other processes."""
        return type(self), (str(self), list(self.runs))


def pick(runs: dict[str, RunParts], uid: str | None) -> RunParts:
    """The run of that uid, or the only one whose uid begins so; the only one, without.

    Raises
    ------
    SeveralRunsError
        When there are several.
    ValueError
        When there is none.
    """
    if not runs:
        msg = "the documents hold no start document, so no run; is it the right file, and was it cut at its beginning?"
        raise ValueError(msg)
    if uid in runs:
        return runs[uid]
    found = {key: run for key, run in runs.items() if key.startswith(uid or "")}
    if len(found) == 1:
        return next(iter(found.values()))
    which = "several runs" if uid is None else f"{len(found)} runs whose uid begins with {uid!r}"
    msg = f"the documents hold {which}; name one with uid=, out of: {named(list(found or runs))}"
    if not found:
        raise ValueError(msg)
    raise SeveralRunsError(msg, [(run.start, run.stop) for run in found.values()])


def named(uids: list[str]) -> str:
    """Uids for a message: the last of them, which the user most probably means, where they are many."""
    rest = f"{len(uids) - _NAMED} others, " if len(uids) > _NAMED else ""
    return rest + ", ".join(uids[-_NAMED:])
