"""What the handlers here have in common."""

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from framestore_handlers import blocks
from framestore_handlers.segments import Segment

if TYPE_CHECKING:
    import dask.array as da

FilePath = str | PathLike[str]
"""A path as databroker gives it."""


class AreaDetectorHandler:
    """Base: a handler holds no open file, so closing it does nothing. A subclass says which files a datum is in."""

    specs: ClassVar[frozenset[str]] = frozenset()
    """Specs of Resource documents that it reads."""
    return_type: ClassVar[dict[str, bool]] = {"delayed": True}
    """Tells databroker that what is returned is lazy already."""

    def paths(self, datum_kwargs: Mapping[str, Any]) -> Iterable[Path]:
        """Files that hold a datum."""
        raise NotImplementedError

    def get_file_list(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[str]:
        """Files that hold the given datums, each once."""
        return list(dict.fromkeys(fspath(path) for kwargs in datum_kwarg_gen for path in self.paths(kwargs)))

    def get_file_sizes(self, datum_kwarg_gen: Iterable[Mapping[str, Any]]) -> list[int]:
        """Size of each of these files, bytes.

        Raises
        ------
        FileNotFoundError
            When one is gone.
        """
        return [Path(path).stat().st_size for path in self.get_file_list(datum_kwarg_gen)]

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        """A handler may stand in a ``with`` statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def lazy_frames(file: blocks.FrameFile, first: int, frames: int, shape: tuple[int, ...], dtype: str) -> "da.Array":
    """Lazy array (frames, \\*shape) of consecutive frames of a file."""
    return blocks.lazy([Segment(file=file, first=first, events=1)], (frames, *shape), dtype)[0]
