"""Who does the work, as users say it."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from .cluster import Cluster
from .processes import Processes
from .serial import Serial
from .workers import Workers


@contextmanager
def chosen(workers: int, scheduler: str | None) -> Generator[Workers]:
    """Who does the work, for as long as it goes on.

    Parameters
    ----------
    workers
        How many processes; 1: this one.
    scheduler
        Address of a scheduler of dask.distributed; None: none.

    Raises
    ------
    ValueError
        When ``workers`` is less than 1, or both are given.
    ModuleNotFoundError, OSError
        See `Cluster`.
    """
    check_workers(workers, scheduler)
    if scheduler is not None:
        with closing(Cluster(scheduler)) as cluster:
            yield cluster
    elif workers > 1:
        with closing(Processes(workers)) as processes:
            yield processes
    else:
        yield Serial()


def check_workers(workers: int, scheduler: str | None) -> None:
    """Refuse what cannot be; ValueError."""
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - users give what they have
        msg = f"workers must be a whole number of processes from 1 on, not {workers!r}"
        raise ValueError(msg)
    if scheduler is not None and workers != 1:
        msg = f"workers={workers} are processes here, scheduler={scheduler!r} has workers of its own: give one of them"
        raise ValueError(msg)
