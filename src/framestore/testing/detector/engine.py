"""A RunEngine that cannot hang a test."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bluesky import RunEngine
from bluesky.utils import DuringTask

from framestore.testing.thread import HangsError, OneThread


class Engine:
    """A real RunEngine, whose plans run on a thread of their own.

    A plan that does not end fails the test; the test run goes on.

    Parameters
    ----------
    patience
        Seconds that a plan may take.
    """

    def __init__(self, patience: float = 30.0) -> None:
        self._patience = patience
        self.hangs = False
        """Whether a plan has not ended; no other can run then."""
        self._thread = OneThread("plans")
        # Signals reach the main thread only, and so does Qt.
        self.run_engine = RunEngine({}, context_managers=[], during_task=DuringTask(), call_returns_result=True)
        """The RunEngine itself."""

    def run(self, plan: Any, *subscribers: Callable[[str, Any], Any]) -> Any:
        """Run a plan; its documents go to the subscribers.

        Raises
        ------
        HangsError
            When it has not ended in time.
        Exception
            Whatever the plan raised; ``RunEngineInterrupted`` when it has paused.
        """
        return self._call(lambda: self.run_engine(plan, list(subscribers)))

    def resume(self) -> Any:
        """Go on after a pause; as `run`."""
        return self._call(self.run_engine.resume)

    def end(self, how: str) -> Any:
        """End a plan that has paused: ``"stop"``, ``"abort"`` or ``"halt"``."""
        return self._call(getattr(self.run_engine, how))

    def close(self) -> None:
        """End what runs, and the threads."""
        if self.run_engine.state == "paused":
            self.end("halt")
        self._thread.end()
        self.run_engine.loop.call_soon_threadsafe(self.run_engine.loop.stop)

    def _call(self, call: Callable[[], Any]) -> Any:
        if self.hangs:
            msg = "a plan before has not ended"
            raise HangsError(msg)
        try:
            return self._thread.call(call, "a plan", self._patience)
        except HangsError:
            self.hangs = True
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
