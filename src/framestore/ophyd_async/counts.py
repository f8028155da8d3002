"""How many frames and exposures a camera takes."""

from ophyd_async.core import SignalRW

from .signals import CountBackend


class Counts:
    """The signals ``frames_per_point`` and ``exposures_per_frame``, which a TriggerInfo may change for a staging.

    Parameters
    ----------
    frames_per_point, exposures_per_frame
        At first.
    """

    def __init__(self, frames_per_point: int, exposures_per_frame: int) -> None:
        self._backends = {
            "frames_per_point": CountBackend(frames_per_point, "frames_per_point", self._forget),
            "exposures_per_frame": CountBackend(exposures_per_frame, "exposures_per_frame", self._forget),
        }
        self._before: dict[str, int] = {}

    def signals(self) -> dict[str, SignalRW[int]]:
        """By attribute name."""
        return {name: SignalRW(backend, timeout=None) for name, backend in self._backends.items()}

    def asked(self) -> dict[str, int]:
        """As they are set now."""
        return {name: backend.reading["value"] for name, backend in self._backends.items()}

    def change(self, counts: dict[str, int]) -> None:
        """Have other ones, until `restore`."""
        self._before = {**self.asked(), **self._before}
        self._show(counts)

    def restore(self) -> None:
        """Have again what was set before; what was set since stays."""
        before, self._before = self._before, {}
        self._show(before)

    def _forget(self, name: str) -> None:
        """Somebody has set that one."""
        self._before.pop(name, None)

    def _show(self, counts: dict[str, int]) -> None:
        for name, value in counts.items():
            self._backends[name].set_value(value)
