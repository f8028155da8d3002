"""Something to do with a source beside taking frames."""

from collections.abc import Callable
from concurrent.futures import Future

from .call import Call


class Errand:
    """A function, called once on the thread that has the source; somebody waits for its end.

    Parameters
    ----------
    function
        What to do.
    call
        Entered while it is done.
    """

    def __init__(self, function: Callable[[], object], call: Call) -> None:
        self._function = function
        self._call = call
        self.done: Future[None] = Future()
        """Ends with it, and with its error. Cancelled before it began, it is not done at all."""

    def run(self, afterwards: Callable[[], object] = lambda: None) -> None:
        """Do it, and ``afterwards`` whatever became of it, before its end is told."""
        if not self.done.set_running_or_notify_cancel():
            return
        try:
            with self._call:
                try:
                    self._function()
                finally:
                    afterwards()
        except BaseException as error:  # noqa: BLE001 - raised where somebody waits
            self.done.set_exception(error)
        else:
            self.done.set_result(None)
