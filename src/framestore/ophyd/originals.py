"""What the signals in ``stage_sigs`` were before a camera was staged."""

from typing import TYPE_CHECKING, Any

from ophyd import Device
from ophyd.device import Staged

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class Restoring(Device):
    """A device whose ``stage_sigs`` may limit each other, as exposure time and frame rate of a camera do."""

    def unstage(self) -> list[object]:
        """Put back what stood in ``stage_sigs``, each as soon as the others allow it; then as ophyd does.

        Raises
        ------
        ValueError
            When a value is not allowed any more, whatever the order. The device is unstaged all the same.
        Exception
            Whatever a signal raised. What is not put back by then is by the next `unstage`.
        """
        refused: Exception | None = None
        if self._original_vals:
            self._staged = Staged.partially  # as ophyd has it until all is put back
            refused = _put_back(self._original_vals)
        unstaged = super().unstage()
        if refused is not None:
            raise refused
        return unstaged


def _put_back(originals: "MutableMapping[Any, Any]") -> Exception | None:
    """Set all signals to their values from before, the last first; what is refused waits until the others are set.

    ophyd sets them in that order once. A frame rate that an exposure time allowed is refused, while that time is still
    that of the staging; and what is refused once, it would try to set, and fail at, for ever.

    Returns
    -------
    Exception | None
        Why one of them cannot be set to what it was; these are forgotten.
    """
    while True:
        refused: list[Exception] = []
        tried = len(originals)
        for signal, value in reversed(list(originals.items())):
            try:
                signal.set(value).wait()
            except ValueError as error:
                error.add_note(f"{signal.name} was to be put back to {value!r} at unstage; it stays as it is")
                refused.append(error)
            else:
                del originals[signal]
        if len(refused) in {0, tried}:
            originals.clear()
            return refused[0] if refused else None
