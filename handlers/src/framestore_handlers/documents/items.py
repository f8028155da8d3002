"""What stands in a documents file: items that are documents, or are not, or are cut off."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

Pair = tuple[str, Any]
"""Name of a document, and the document."""


class CutFileWarning(UserWarning):
    """A documents file ends in the middle of a document."""


class Parser(Protocol):
    """Takes the bytes of a documents file as they come, in pieces of any size."""

    def pairs(self, data: bytes) -> Iterator[Pair]:
        """The documents that are whole by now; what is not waits for the next piece.

        Raises
        ------
        ValueError
            When there is something that is no document; it names the file and where it stands.
        """
        ...


def warn_cut(path: Path, place: str) -> None:
    """Report what was left out; ``place`` says where it stands, such as ``line 7``."""
    warnings.warn(
        f"{path}: {place}, the last, is cut off and was left out; its writer was probably killed. "
        "The documents before it were read.",
        CutFileWarning,
        stacklevel=2,
    )


def bad_item(path: Path, place: str, reason: object) -> ValueError:
    """The error for something in the middle that is not a document."""
    return ValueError(f"{path}: {place} is not a document ({reason}); repair or remove it, then load the file again")


def as_pair(item: Any, path: Path, place: str) -> Pair:
    """(name, document) out of what a line or an item of an array holds."""
    try:
        name, document = item["name"], item["doc"]
    except (KeyError, TypeError) as error:
        raise bad_item(path, place, "it has no 'name' and 'doc'") from error
    return checked(name, document, path, place)


def checked(name: Any, document: Any, path: Path, place: str) -> Pair:
    """The pair, once it is seen to be one."""
    if not isinstance(name, str):
        raise bad_item(path, place, f"its name is {name!r:.40}")
    if not isinstance(document, dict):
        raise bad_item(path, place, f"its 'doc' is {document!r:.40}")
    return name, document
