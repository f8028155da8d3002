"""Documents that cannot be followed to a file: a finding each, so that the others are looked at all the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from framestore_handlers.fault import Fault, Looked
from framestore_handlers.files import Files
from framestore_handlers.frame_file import FrameFile
from framestore_handlers.held import FrameType


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfollowed:
    """Frames of which nobody knows where they are; a `CheckedFrames`."""

    why: str
    """What is wrong with the document."""
    frames_per_event: int | None = None
    """Not known."""

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Raise a ValueError."""
        del out, start
        raise ValueError(self.why)

    def frame_type(self) -> FrameType:
        """Raise an OSError: another file may tell."""
        raise OSError(self.why)

    def files(self, start: int, stop: int) -> list[Path]:
        """None that is known."""
        del start, stop
        return []

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """The fault of the document."""
        del said
        looked(sum(map(len, wanted)), 0)
        for part in wanted:
            yield Fault(kind="documents", start=part.start, stop=part.stop, path=None, what=self.why)


@dataclass(frozen=True, kw_only=True, slots=True)
class LenientFiles(Files):
    """How documents are followed, where those that cannot be do not keep the others from it."""

    def of(self, document: Mapping[str, Any]) -> FrameFile:
        """Frames that a document names, or does not name."""
        try:
            return Files.of(self, document)
        except Exception as error:  # noqa: BLE001 - documents may hold anything, and openers may be anybody's
            return Unfollowed(why=str(error) or type(error).__name__)
