"""File name providers: the last part of a path."""

from collections.abc import Callable
from typing import Any, Protocol, cast
from uuid import UUID, uuid4


class FilenameProvider(Protocol):
    """Gives the name of the next file, without suffix."""

    def __call__(self, datakey_name: str | None = None) -> str:
        """Name for a file of that data key."""
        ...


class UUIDFilenameProvider:
    """A new UUID for each file.

    Parameters
    ----------
    make_uuid
        Returns the next UUID; random ones by default.
    """

    def __init__(self, make_uuid: Callable[[], UUID] = uuid4) -> None:
        self._make_uuid = make_uuid

    def __call__(self, datakey_name: str | None = None) -> str:
        """Name of the next file."""
        del datakey_name
        return str(self._make_uuid())


def as_filename_provider(value: Any) -> FilenameProvider:
    """The filename provider itself; TypeError when it is none."""
    if callable(value) and not isinstance(value, type):
        return cast("FilenameProvider", value)
    msg = f"filename_provider must be a function of the data key's name, such as UUIDFilenameProvider(), not {value!r}"
    raise TypeError(msg)
