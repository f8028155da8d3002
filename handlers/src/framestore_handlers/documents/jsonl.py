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


def pairs(path: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a ``.jsonl`` file. A last line that was cut off is reported and left out.

    Raises
    ------
    ValueError
        When another line is not a document; it names the line.
    """
    loads = json.loads
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                item = loads(line)
                name, document = item["name"], item["doc"]
            except ValueError as error:
                if not line.strip():
                    continue
                if line.endswith("\n"):
                    raise bad_line(path, number, error) from error
                warn_cut(path, number)
                return
            except (KeyError, TypeError) as error:
                raise bad_line(path, number, "it has no 'name' and 'doc'") from error
            yield name, document
