"""Documents as JSON lines, as bluesky's ``JSONLinesWriter`` writes them."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class CutFileWarning(UserWarning):
    """A documents file ends in the middle of a document."""


def warn_cut(path: Path, number: int) -> None:
    """Report the line that was left out."""
    warnings.warn(
        f"{path}: line {number}, the last, is cut off and was left out; its writer was probably killed. "
        "The documents before it were read.",
        CutFileWarning,
        stacklevel=2,
    )


def bad_line(path: Path, number: int, reason: object) -> ValueError:
    """The error for a line in the middle that is not a document."""
    return ValueError(
        f"{path}: line {number} is not a document ({reason}); repair or remove that line, then load the file again"
    )


def as_pair(item: Any, path: Path, number: int) -> tuple[str, Any]:
    """(name, document) out of what a line or an item of an array holds."""
    try:
        name, document = item["name"], item["doc"]
    except (KeyError, TypeError) as error:
        raise bad_line(path, number, "it has no 'name' and 'doc'") from error
    if not isinstance(document, dict):
        raise bad_line(path, number, f"its 'doc' is {document!r:.40}")
    return name, document


def pairs(path: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a ``.jsonl`` file. A last line that was cut off is reported and left out.

    Raises
    ------
    ValueError
        When another line is not a document; it names the line.
    """
    loads = json.loads
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                item = loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except ValueError as error:
                if not line.strip():
                    continue
                if line.endswith(b"\n"):
                    raise bad_line(path, number, error) from error
                warn_cut(path, number)
                return
            yield as_pair(item, path, number)
