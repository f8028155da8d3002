"""What is printed."""

import shutil
import textwrap
from collections import Counter
from typing import Any

import click

from .finding import NO_BREAK, Check, Finding, Level

_WIDTH = 100
"""Columns, at most and where nobody knows."""
_INDENT = " " * 11
_COLOURS: dict[Level, str] = {"ok": "green", "note": "yellow", "problem": "red"}


class Report:
    """Prints findings as they come, so that one sees what a check that takes long is about, and keeps them.

    Parameters
    ----------
    prints
        False: it only keeps them.
    """

    def __init__(self, *, prints: bool = True) -> None:
        self._prints = prints
        self._counts: Counter[Level] = Counter()
        self._sections: list[str] = []
        self._findings: list[dict[str, str]] = []

    def section(self, title: str) -> None:
        """Begin a group of findings."""
        if self._prints:
            click.echo(("\n" if self._sections else "") + click.style(title, bold=True))
        self._sections.append(title)

    def check(self, name: str, check: Check, *arguments: Any) -> None:
        """Run a check and print what it finds; one that raises is a finding itself, and ends nothing else."""
        try:
            findings = check(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is printed, and the other checks go on
            what = f"the check of {name} failed: {type(error).__name__}: {error}"
            findings = [Finding("problem", what, "mend what the error names and look again; all else was checked")]
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Print a finding."""
        self._counts[finding.level] += 1
        told = {"what": finding.what, "advice": finding.advice}
        told = {key: _printable(text).replace(NO_BREAK, " ") for key, text in told.items()}
        self._findings.append({"section": self._sections[-1], "level": finding.level, **told})
        if not self._prints:
            return
        label = click.style(f"{finding.level:7}", fg=_COLOURS[finding.level], bold=finding.level == "problem")
        click.echo(f"  {label}  {_wrapped(finding.what, '')}")
        for number, line in enumerate(finding.advice.splitlines()):
            click.echo(f"{_INDENT}{'   ' if number else '-> '}{_wrapped(line, '   ')}")

    @property
    def problems(self) -> int:
        """How many there are."""
        return self._counts["problem"]

    def summary(self) -> str:
        """How much of it there is to do."""
        problems, notes = self._counts["problem"], self._counts["note"]
        return f"{problems or 'no'} problem{'s' * (problems != 1)}, {notes or 'no'} note{'s' * (notes != 1)}"

    def told(self) -> dict[str, Any]:
        """All of it, for programs."""
        counts = {"problems": self._counts["problem"], "notes": self._counts["note"]}
        return {**counts, "findings": self._findings}


def _wrapped(text: str, hang: str) -> str:
    """Lines below each other, without the indent of the first. Words stay whole: paths and commands get copied."""
    columns = min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns)
    indent = _INDENT + hang
    wanted = max(columns - len(indent), 30)
    lines = textwrap.wrap(_printable(text), wanted, break_long_words=False, break_on_hyphens=False)
    return f"\n{indent}".join(lines).replace(NO_BREAK, " ")


def _printable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()  # names of files may hold any byte
