"""Backends of a camera's signals: what it shows, and how many frames and exposures it takes."""

import operator
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from bluesky.protocols import Reading
from event_model import DataKey
from ophyd_async.core import SignalR, SoftSignalBackend

_DTYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


class ShownBackend(SoftSignalBackend[Any]):
    """A value that the camera shows, of the kind that it is: whole numbers stay whole, as do those in a row.

    Parameters
    ----------
    datatype
        Of the signal.
    value
        At first.
    """

    def set_value(self, value: Any) -> None:
        """Show another value; in the event loop only."""
        if isinstance(value, np.generic | np.ndarray):
            value = value.tolist()  # what writes documents as JSON knows no numpy
        self.reading = Reading(value=value, timestamp=time.time(), alarm_severity=0)
        if self.callback:
            self.callback(self.reading)

    def source(self, name: str, read: bool) -> str:  # noqa: FBT001 - ophyd-async's interface
        """Where it comes from."""
        del read
        return f"framestore:{name}"

    async def get_value(self) -> Any:
        """The value; whole numbers in a row as an array, int64."""
        value: Any = self.reading["value"]
        return np.array(value, np.int64) if isinstance(value, list) else value

    async def get_datakey(self, source: str) -> DataKey:
        """Data key of the value; strings may be of any length."""
        value: Any = self.reading["value"]
        if isinstance(value, list):
            return DataKey(source=source, dtype="array", shape=[len(value)], dtype_numpy="<i8")
        data_key: dict[str, Any] = {"source": source, "dtype": _DTYPES[type(value)], "shape": []}
        if not isinstance(value, str):
            data_key["dtype_numpy"] = np.dtype(type(value)).str
        return DataKey(**data_key)


class CountBackend(SoftSignalBackend[int]):
    """A number that counts, from 1 on, and can be set.

    Parameters
    ----------
    value
        At first.
    name
        Of the signal's attribute.
    was_set
        Called with that when somebody has set it.
    """

    def __init__(self, value: int, name: str, was_set: Callable[[str], None]) -> None:
        self._counts = self._attribute = name
        self._was_set = was_set
        super().__init__(int, self._checked(value))

    def source(self, name: str, read: bool) -> str:  # noqa: FBT001 - ophyd-async's interface
        """Where it comes from."""
        del read
        self._counts = name or self._counts
        return f"framestore:{name}"

    async def put(self, value: Any) -> None:
        """Set it; ValueError when it is no whole number from 1 on."""
        await super().put(self._checked(value))
        self._was_set(self._attribute)

    def _checked(self, value: Any) -> int:
        try:
            count = operator.index(value)
        except TypeError:
            count = 0
        if count < 1:
            msg = f"{self._counts} must be a whole number from 1 on, not {value!r}"
            raise ValueError(msg)
        return count


def shown(datatype: type[Any], value: Any) -> tuple[SignalR[Any], ShownBackend]:
    """A signal for a value that the camera shows, and its backend; nothing is waited for when it is read."""
    backend = ShownBackend(datatype, value)
    return SignalR(backend, timeout=None), backend
