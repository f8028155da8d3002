"""Documents as JSON lines, as bluesky's ``JSONLinesWriter`` writes them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .items import Pair, as_pair, bad_item, warn_cut


def pairs(path: Path) -> Iterator[Pair]:
    """The documents of a ``.jsonl`` file. A last line that was cut off is reported and left out.

    Raises
    ------
    ValueError
        When another line is not a document; it names the line.
    """
    with path.open("rb") as lines:
        yield from pairs_of(lines, path)


def pairs_of(lines: Iterable[bytes], path: Path) -> Iterator[Pair]:
    """The same of lines that come from elsewhere; ``path`` is what messages call that."""
    loads = json.loads
    for number, line in enumerate(lines, 1):
        try:
            item = loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:  # nested without end
            if not line.strip():
                continue
            if line.endswith(b"\n"):
                raise bad_item(path, f"line {number}", error) from error
            warn_cut(path, f"line {number}")
            return
        yield as_pair(item, path, f"line {number}")


class Lines:
    """The documents of a ``.jsonl`` file that is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        self._rest = b""

    def pairs(self, data: bytes) -> Iterator[Pair]:
        """The documents of the lines that are whole; see `Parser`."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._number += 1
            if text := self.text(line):
                yield as_pair(self._parsed(text), self._path, f"line {self._number}")
        if (item := self.last()) is not None:
            self._rest = b""
            yield as_pair(item, self._path, f"line {self._number + 1}")

    def text(self, line: bytes) -> str:
        """What of a line is to be parsed; nothing of an empty one."""
        try:
            return line.decode("utf-8-sig" if self._number <= 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise bad_item(self._path, f"line {self._number}", error) from error

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:  # nested without end
            raise bad_item(self._path, f"line {self._number}", error) from error

    def last(self) -> Any:
        """Document of the line that has no end yet: an object that is closed is whole."""
        if not self._rest.rstrip().endswith(b"}"):
            return None
        try:
            return json.loads(self._rest.decode("utf-8" if self._number else "utf-8-sig"))
        except (ValueError, RecursionError):  # cut off; nested without end
            return None
