"""The run that is exported, however it is given."""

from framestore_handlers import Run, load
from framestore_handlers.documents import Documents

GivenRun = Run | Documents
"""A run, or what ``framestore_handlers.load`` makes one of."""


def as_run(given: GivenRun) -> Run:
    """The run; what ``load`` raises is raised."""
    return given if isinstance(given, Run) else load(given)
