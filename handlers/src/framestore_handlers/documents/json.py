"""Documents as one JSON array, as bluesky's ``JSONWriter`` writes them, also when its writer was killed."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .items import CutFileWarning, Pair, as_pair, bad_item, warn_cut
from .jsonl import Lines

_BEFORE_LINES = b"\xef\xbb\xbf \t\r["
"""What the first line of an array of lines may consist of."""


def pairs(path: Path) -> Iterator[Pair]:
    """The documents of a ``.json`` file. An array that was cut off is read up to its last whole document.

    Raises
    ------
    ValueError
        When the file is not an array of documents.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text: {error}"
        raise ValueError(msg) from error
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):  # cut off; nested without end
        items = _whole_lines(path, text)
    if not isinstance(items, list):
        msg = f"{path} is not an array of documents"
        raise ValueError(msg)  # noqa: TRY004 - the file's content is wrong, not an argument's type
    for number, item in enumerate(items, 2):  # the array's bracket has the first line
        yield as_pair(item, path, f"line {number}")


def _whole_lines(path: Path, text: str) -> list[Any]:
    """Documents of an array without its end; the writer gives each document a line."""
    lines = text.rstrip().split("\n")
    if lines[0].strip() != "[":
        msg = f"{path} is not an array of documents; is it a .jsonl file under another name?"
        raise ValueError(msg)
    items: list[Any] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            items.append(json.loads(line.rstrip().removesuffix(",")))
        except (ValueError, RecursionError) as error:
            if number < len(lines):
                raise bad_item(path, f"line {number}", error) from error
            warn_cut(path, f"line {number}")
            return items
    warnings.warn(
        f"{path} has no end: its run goes on, or its writer was killed. All of its documents were read.",
        CutFileWarning,
        stacklevel=2,
    )
    return items


class ArrayLines(Lines):
    """The documents of a ``.json`` file that is being written, a line each."""

    def text(self, line: bytes) -> str:
        """The document of a line, without what makes it a part of an array."""
        text = super().text(line)
        if self._number == 1:
            if text != "[":
                raise self._not_lines()
            return ""
        return "" if text == "]" else text.removesuffix(",")

    def last(self) -> Any:
        """Document of the line that has no end yet."""
        if not self._number and self._rest.lstrip(_BEFORE_LINES):
            raise self._not_lines()
        return super().last()

    def _not_lines(self) -> ValueError:
        return ValueError(
            f"{self._path} is not an array with a line for each document, so it cannot be watched: load it"
        )
