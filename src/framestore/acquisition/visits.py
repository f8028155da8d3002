"""Calls of a source that no acquisition has."""

import math
import threading
from collections import deque
from collections.abc import Callable

from .call import Call, join
from .claims import claim, release
from .errand import Errand


class Visits:
    """Errands to a source while it is not staged, one after another, on a thread that ends when there are no more.

    Parameters
    ----------
    source
        To which.
    camera
        Name of the camera, for messages and the thread.
    call
        Entered while the source is called; says how long that may take.
    """

    def __init__(self, source: object, *, camera: str, call: Call) -> None:
        self._source = source
        self.camera = camera
        """Name of the camera."""
        self._call = call
        self._lock = threading.Lock()
        self._waiting: deque[Errand] = deque()
        self._thread: threading.Thread | None = None

    def do(self, function: Callable[[], object]) -> Errand:
        """Have something done."""

        def visit() -> None:
            claim(self._source, self.camera, "which sets or looks at it; wait for that, or give each its own")
            try:
                function()
            finally:
                release(self._source)

        errand = Errand(visit, self._call)
        with self._lock:
            self._waiting.append(errand)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"{self.camera} settings", daemon=True)
                self._thread.start()
        return errand

    def end(self, grace: float) -> bool:
        """Wait until nothing is left to do, unless the source does not return in time; whether it did."""
        while (thread := self._thread) is not None:
            left = self._call.left()
            if left < -grace:
                return False
            join(thread, grace if math.isinf(left) else max(left, 0) + 2 * grace)
        return True

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                errand = self._waiting.popleft()
            errand.run()
