"""A motor for scans."""

from collections.abc import Callable
from typing import Any


class Arrived:
    """The Status of a move that is done at once."""

    done = True
    success = True

    def add_callback(self, callback: Callable[[Any], None]) -> None:
        """Call it now."""
        callback(self)

    def exception(self, timeout: float | None = 0.0) -> None:
        """None: nothing went wrong."""
        del timeout


class Axis:
    """A motor that is where it was sent, at once; it needs neither ophyd nor ophyd-async.

    Parameters
    ----------
    name
        Of the motor, and of its data key.
    """

    parent = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.position = 0.0

    @property
    def hints(self) -> dict[str, list[str]]:
        """Its position is what tables show."""
        return {"fields": [self.name]}

    def set(self, value: float) -> Arrived:
        """Move."""
        self.position = float(value)
        return Arrived()

    def read(self) -> dict[str, Any]:
        """Where it is."""
        return {self.name: {"value": self.position, "timestamp": 0.0}}

    def describe(self) -> dict[str, Any]:
        """Data key of the position."""
        return {self.name: {"source": "axis", "dtype": "number", "shape": []}}

    def read_configuration(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def describe_configuration(self) -> dict[str, Any]:
        """Nothing."""
        return {}
