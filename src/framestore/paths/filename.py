"""File name providers: the last part of a path."""

from collections.abc import Callable
from typing import Protocol
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
