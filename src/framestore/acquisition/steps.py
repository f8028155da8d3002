"""Work for a thread, done in the order in which it is asked for."""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

Step = Callable[[], None]
"""Something to do."""


class Steps:
    """A queue of steps; None ends it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Step | None] = SimpleQueue()

    def put(self, step: Step | None) -> None:
        """Have a step done."""
        self._queue.put(step)

    def do(self, step: Step, *, vital: bool = True) -> "Future[None]":
        """Have a step done whose end somebody waits for.

        Parameters
        ----------
        step
            What to do. The future holds its error.
        vital
            Whether an error of it is raised on the thread, too.
        """
        done: Future[None] = Future()

        def run() -> None:
            try:
                step()
            except Exception as error:
                done.set_exception(error)
                if vital:
                    raise
            else:
                done.set_result(None)

        self._queue.put(run)
        return done

    def get(self, timeout: float) -> Step | None:
        """The next step; ``queue.Empty`` when none comes within ``timeout`` seconds."""
        return self._queue.get(timeout=timeout)
