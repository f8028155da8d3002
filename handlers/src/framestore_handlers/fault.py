"""What is wrong with frames of a file, as whoever looks at the file tells it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from .held import CutOffFileError, OtherFramesError, ShortFileError
from .place import UntrustedPathError

Kind = Literal[
    "missing", "truncated", "short", "damaged", "checksum", "type", "outside", "unreadable", "documents", "unchecked",
    "note",
]  # fmt: skip
"""What is wrong.

``missing``: a file is not there. ``truncated``: it has fewer bytes than it must. ``short``: it holds fewer frames than
the documents name, or some were never written. ``damaged``: it cannot be read. ``checksum``: the pixels are not those
that were written. ``type``: frames of another shape or dtype. ``outside``: a path leads out of ``allowed_roots``.
``unreadable``: this machine cannot read it, for want of permission or of a library. ``documents``: the documents do not
fit together. ``unchecked``: nothing is known to be wrong, but not everything could be looked at. ``note``: nothing is
wrong.
"""
HARMLESS: frozenset[Kind] = frozenset({"unchecked", "note"})
"""Kinds that are no failure."""

_KINDS: tuple[tuple[type[Exception], Kind], ...] = (
    (FileNotFoundError, "missing"),
    (NotADirectoryError, "missing"),
    (UntrustedPathError, "outside"),
    (CutOffFileError, "truncated"),
    (ShortFileError, "short"),
    (OtherFramesError, "type"),
    (PermissionError, "unreadable"),
    (ImportError, "unreadable"),
    (MemoryError, "unreadable"),
)
"""Which errors say what; the first that fits counts."""

Looked = Callable[[int, int], None]
"""Is told how many frames, and how many files, were looked at since it was told last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong with consecutive frames of a file, or of a series of files."""

    kind: Kind
    """What, in a word."""
    start: int
    """Number of the first frame in the file, or in the series."""
    stop: int
    """And the number behind the last."""
    path: Path | None
    """The file; of several, the first. None where the frames stand in no file."""
    what: str
    """What, as a sentence that names the file, what was expected and found, and what to do."""
    others: int = 0
    """How many more of the kind follow it, of which the sentence says nothing."""
    last: Path | None = None
    """The file of the last of those."""


def fault_of(error: Exception, frames: range, path: Path | None) -> Fault:
    """The fault that an error tells of, which came of looking at some frames."""
    return Fault(kind=kind_of(error), start=frames.start, stop=frames.stop, path=path, what=_sentence(error))


def kind_of(error: Exception) -> Kind:
    """What an error says is wrong."""
    is_systems = isinstance(error, OSError) and error.errno is not None  # such as that of a network share that is gone
    kinds: list[Kind] = [kind for type_, kind in _KINDS if isinstance(error, type_)]
    if kinds:
        return kinds[0]
    return "unreadable" if is_systems else "damaged"


def halved(check: Callable[[range], None], frames: range, path: Path) -> Iterator[Fault]:
    """The faults of those frames of which ``check`` raises an error, found by halving."""
    left = [frames]
    while left:
        part = left.pop()
        try:
            check(part)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a damaged file is a fault
            if len(part) > 1:
                half = len(part) // 2
                left += [part[half:], part[:half]]
            else:
                yield fault_of(error, part, path)


def merged(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Faults in the order of their frames; consecutive ones of a kind are one."""
    last: Fault | None = None
    for fault in faults:
        if last and last.kind == fault.kind and last.start <= fault.start <= last.stop:
            stop, is_other = max(last.stop, fault.stop), fault.what != last.what
            last = replace(last, stop=stop, others=last.others + fault.others + is_other, last=fault.last or fault.path)
            continue
        if last:
            yield last
        last = fault
    if last:
        yield last


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    if isinstance(error, OSError | ImportError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
