"""The settings of a source, while it is staged and while it is not."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import wait
from dataclasses import dataclass

from framestore.setting import Setting, Value, has_settings, settings_of

from .acquisition import Acquisition
from .call import Call, StuckSourceError
from .claims import hardware
from .errand import Errand
from .reader import as_exception
from .visits import Visits

_TICK = 0.1
"""Seconds between looks at a source that somebody waits for."""
_GRACE = 0.5
"""Seconds that a source gets beyond its timeout before staging is refused."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Known:
    """What is known of a setting."""

    setting: Setting
    """As the source described it last."""
    value: Value
    """That it had then."""
    timestamp: float
    """Since when it is known to have it, POSIX seconds."""


class SourceSettings:
    """Looks at the settings of a source and changes them, on the thread that has it at that time.

    That is the reader thread of the acquisition where the camera is staged, between orders, and else a thread that
    ends when nothing is left to do. No method but `look` and `handed_to` waits for the source.

    Parameters
    ----------
    source
        Whose.
    camera
        Name of the camera, for messages and threads.
    timeout
        Seconds that the source may take for each change.
    """

    def __init__(self, source: object, *, camera: str, timeout: float) -> None:
        self._source = hardware(source)
        self._camera = camera
        self._timeout = timeout
        self._call = Call(timeout)
        self._visits = Visits(self._source, camera=camera, call=self._call)
        self._acquisition: Acquisition | None = None
        self._starting = False
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], object]] = []
        self.known: dict[str, Known] = {}
        """What is known of each setting that the source had when it was looked at for the first time, by name."""

    def rename(self, camera: str) -> None:
        """The camera has another name from now on."""
        self._camera = self._visits.camera = camera

    def subscribe(self, listener: Callable[[], object]) -> None:
        """Have ``listener`` called when the source was looked at again, on the thread that waited for it."""
        self._listeners.append(listener)

    def look(self) -> None:
        """Find out which settings there are, while the source is not staged; wait for it.

        Raises
        ------
        StuckSourceError
            When the source does not return.
        RuntimeError
            When another camera that is staged has it.
        Exception
            Whatever the source raised, or is wrong with its settings.
        """
        if has_settings(self._source):
            self.wait(self._visits.do(self._find))

    def set(self, name: str, value: Value) -> Errand:
        """Have a setting changed, to a value that it allows; all are looked at again then.

        Raises
        ------
        RuntimeError
            When that is not possible now; it says why, and what to do.
        StuckSourceError
            When the source is stuck in a call.
        """

        def change() -> None:
            self._change(name, value)

        with self._lock:
            if self._starting:
                msg = f"{self._camera}: {name} was set while the camera is being staged; wait for that"
                raise RuntimeError(msg)
            if self._call.left() < 0 or self._acquisition_is_stuck:
                raise StuckSourceError(self._stuck())
            acquisition = self._acquisition
            if acquisition is None or not acquisition.running:
                return self._visits.do(change)
            self._check_while_staged(name)
            errand = Errand(change, self._call)
            acquisition.do(errand, f"{name} was set")
            return errand

    def wait(self, errand: Errand) -> None:
        """Wait until something is done, as long as the source returns from its calls in time.

        Raises
        ------
        StuckSourceError
            When it does not; what has not begun by then is not done at all.
        Exception
            Whatever the source raised.
        """
        patience = math.inf if self._acquisition is None else time.monotonic() + self._acquisition.patience(1)
        while not wait([errand.done], _TICK).done:
            waiting = not errand.done.running() and math.isinf(self._call.left())
            if self._call.left() < 0 or (waiting and time.monotonic() > patience):
                errand.done.cancel()
                raise StuckSourceError(self._stuck())
        if errand.done.cancelled():
            raise StuckSourceError(self._stuck())
        for listener in self._listeners:
            listener()
        errand.done.result()

    @contextlib.contextmanager
    def handed_to(self, acquisition: Acquisition) -> Generator[None]:
        """An acquisition is started within: it has the source from now on, until it is closed.

        Raises
        ------
        RuntimeError
            When the source is stuck in a change that was made before; it is not started then.
        Exception
            Whatever the source raised when its settings were looked at, after it was started.
        """
        with self._lock:
            self._starting = True
        try:
            if not self._visits.end(_GRACE):
                msg = f"{self._stuck()}; look at the camera, and stage again once it has"
                raise RuntimeError(msg)
            self._acquisition = acquisition
            look = Errand(self._look_again, self._call)
            if self.known:
                acquisition.do(look)  # before it is asked for frames, which may be long in coming
            yield
            if self.known:
                self.wait(look)
        finally:
            with self._lock:
                self._starting = False

    @property
    def _acquisition_is_stuck(self) -> bool:
        return self._acquisition is not None and not self._acquisition.running and self._acquisition.stuck

    def _check_while_staged(self, name: str) -> None:
        if not self.known[name].setting.while_staged:
            msg = (
                f"{self._camera}: {name} cannot be set while the camera is staged; unstage it first (ophyd's "
                "stage_sigs can set it, too)"
            )
            raise RuntimeError(msg)

    def _find(self) -> None:
        self.known = self._found()

    def _change(self, name: str, value: Value) -> None:
        try:
            self._set(name, value)
        except BaseException:
            with contextlib.suppress(Exception):  # the error itself is told
                self._look_again()
            raise
        self._look_again()

    def _set(self, name: str, value: Value) -> None:
        with self._by_the_source():
            setting = settings_of(self._source).get(name)
        if setting is None:
            msg = f"{self._camera}: the source {self._source!r} has no setting {name} at present"
            raise RuntimeError(msg)
        if not setting.allows(value):  # another setting, or another program, may have changed that since
            msg = f"{self._camera}: {name} must be {setting.allowed} at present, not {value!r}"
            raise ValueError(msg)
        with self._by_the_source():
            setting.set(value)

    def _look_again(self) -> None:
        """Look at all settings that are known; a change of one may change others, and their limits."""
        self.known = {**self.known, **{name: known for name, known in self._found().items() if name in self.known}}

    def _found(self) -> dict[str, Known]:
        with self._by_the_source():
            return {name: self._look_at(name, setting) for name, setting in settings_of(self._source).items()}

    def _look_at(self, name: str, setting: Setting) -> Known:
        before = self.known.get(name)
        try:
            value = setting.read(name)
        except Exception as error:
            error.add_note(f"when its setting {name!r} was looked at")
            raise
        if before is not None and isinstance(before.value, float) and type(value) is int:
            value = float(value)  # what was no whole number once is none now: some libraries say 1 for 1.0
        since = before.timestamp if before is not None and _is_same(before.value, value) else time.time()
        return Known(setting=setting, value=value, timestamp=since)

    @contextlib.contextmanager
    def _by_the_source(self) -> Generator[None]:
        """Errors that are raised within are those of the source."""
        try:
            yield
        except BaseException as error:
            told = as_exception(error, self._camera)
            if told is not error:
                raise told from error
            raise

    def _stuck(self) -> str:
        return (
            f"{self._camera}: the source {self._source!r} has not returned within {self._timeout:g} s from a call in "
            "which its settings were set or looked at, or from the last staging"
        )


def _is_same(before: Value, value: Value) -> bool:
    """Whether a value is still what it was; also one that is not a number, such as that of a sensor that is off."""
    return before == value or all(isinstance(one, float) and math.isnan(one) for one in (before, value))
