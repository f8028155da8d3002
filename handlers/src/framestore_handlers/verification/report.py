"""What came of verifying a run: a value to test, and a text to read."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from framestore_handlers.fault import HARMLESS, Kind

_SHOWN = 20
"""Findings of a field that the text shows; `Report.findings` has all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that is wrong with a run, or worth knowing."""

    kind: Kind
    """What, in a word; ``unchecked`` and ``note`` are no failures."""
    what: str
    """What, as a sentence that names the file, what was expected and found, and what to do."""
    stream: str | None = None
    """Name of the stream; None: it is about the run."""
    field: str | None = None
    """The data key; None: it is about the run, or the stream."""
    path: Path | None = None
    """The file; of several, the first. None where it is about no file."""
    frames: tuple[int, int] | None = None
    """First frame, and the number behind the last, as the rows of the field count them through: event row times frames
    in an event. Where events came twice, rows are those of ``load(..., repeats="all")``."""
    events: tuple[int, int] | None = None
    """Sequence number of the first event, and the number behind the last."""

    @property
    def fails(self) -> bool:
        """Whether the run is not whole because of it."""
        return self.kind not in HARMLESS

    def __str__(self) -> str:
        """One line."""
        where = f"{_span('frame', self.frames)} ({_span('event', self.events)}): " if self.frames else ""
        return f"{self.kind}: {where}{self.what}"

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {"path": self.path and str(self.path), "fails": self.fails}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldReport:
    """How much of a data key was looked at."""

    stream: str
    """Name of the stream."""
    field: str
    """The data key."""
    frames: int = 0
    """Frames that the documents name."""
    files: int = 0
    """Files that were looked at."""
    checksums: int = 0
    """Frames whose checksum was compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What came of verifying a run. ``bool(report)`` is ``report.ok``; ``str(report)`` is the text to read."""

    run: str
    """Uid of the run."""
    deep: bool
    """Whether the pixels were read, too."""
    fields: tuple[FieldReport, ...]
    """What was looked at."""
    findings: tuple[Finding, ...]
    """All that was found, harmless or not."""

    @property
    def ok(self) -> bool:
        """Whether each frame that the documents name is there, whole and readable, as far as was looked."""
        return not any(finding.fails for finding in self.findings)

    @property
    def frames(self) -> int:
        """Frames that the documents name."""
        return sum(field.frames for field in self.fields)

    @property
    def files(self) -> int:
        """Files that were looked at."""
        return sum(field.files for field in self.fields)

    @property
    def checksums(self) -> int:
        """Frames whose checksum was compared."""
        return sum(field.checksums for field in self.fields)

    def __bool__(self) -> bool:
        """Whether the run is whole: ``ok``."""
        return self.ok

    def __str__(self) -> str:
        """The first line says whether it is OK; then a line a field, with what was found of it."""
        return "\n".join(self._lines())

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        counts = {"frames": self.frames, "files": self.files, "checksums": self.checksums}
        return {
            "run": self.run,
            "ok": self.ok,
            "deep": self.deep,
            **counts,
            "fields": [asdict(field) for field in self.fields],
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def _lines(self) -> Iterator[str]:
        failures = sum(finding.fails for finding in self.findings)
        found = "OK" if self.ok else f"FAILED, {_count(failures, 'finding')}"
        looked = (
            "every frame that is there was read" if self.deep else "sizes and indices were checked, no pixel was read"
        )
        yield f"run {self.run}: {found}; {looked}"
        yield from self._found(None, None)
        named = {(field.stream, field.field): field for field in self.fields}
        for stream in dict.fromkeys(field.stream for field in self.fields):
            yield from self._found(stream, None)
        for (stream, name), field in named.items():
            sums = f", {_count(field.checksums, 'checksum')} compared" if field.checksums else ""
            state = "FAILED" if any(finding.fails for finding in self._of(stream, name)) else "OK"
            yield f"  {stream} {name}: {state}; {_count(field.frames, 'frame')} in {_count(field.files, 'file')}{sums}"
            yield from self._found(stream, name)
        streams = {field.stream for field in self.fields}
        for stream in dict.fromkeys(finding.stream for finding in self.findings if finding.stream not in streams):
            yield from self._found(stream, None) if stream is not None else ()

    def _of(self, stream: str | None, field: str | None) -> list[Finding]:
        return [finding for finding in self.findings if (finding.stream, finding.field) == (stream, field)]

    def _found(self, stream: str | None, field: str | None) -> Iterator[str]:
        indent = "    " if field else "  "
        about = f"{stream}: " if stream and not field else ""
        found = self._of(stream, field)
        yield from (f"{indent}{about}{finding}" for finding in found[:_SHOWN])
        if len(found) > _SHOWN:
            yield f"{indent}and {len(found) - _SHOWN} more, which the report's findings have"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _span(what: str, span: tuple[int, int] | None) -> str:
    if span is None:
        return f"no {what}"
    first, stop = span
    return f"{what} {first}" if stop - first <= 1 else f"{what}s {first} to {stop - 1}"
