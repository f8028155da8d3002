"""What the adapters of formats of one file a frame have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tiled.adapters.utils import IncompatibleShapeError
from tiled.structures.array import ArrayStructure

from framestore_handlers.place import Place
from framestore_handlers.series import FrameSeries, ReadFrame

from .frames import FramesAdapter
from .paths import Roots, path_of


class SeriesAdapter(FramesAdapter):
    """Frames that have a file each: all of them count as one asset of its segments."""

    supports_lazy_assets = True
    """Of 100,000 files, Tiled looks only those up that a request needs."""
    read_frame: ClassVar[ReadFrame]
    """How a file is read: (path, check) -> frame."""

    @classmethod
    def opened(
        cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None
    ) -> list[FrameSeries]:
        """The files as one series."""
        del parameters
        root = next((path_of(uri).anchor for uri in uris if uri is not None), "/")
        place = Place(path=Path(root), roots=roots)
        return [FrameSeries(place=place, template=_Listed(uris), read_frame=cls.read_frame, checks_first=True)]

    @classmethod
    def file_indices_for_slice(
        cls,
        structure: ArrayStructure,
        n_files: int,
        slice: Any = ...,  # noqa: A002 - Tiled calls it so
        properties: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> tuple[int, ...] | None:
        """Which of the files a request needs; None: Tiled is to look all of them up."""
        if "segments" not in (properties or {}):
            chosen = cls.tiled_s and cls.tiled_s.file_indices_for_slice
            return chosen and chosen(structure, n_files, slice, properties=properties, parameters=parameters)
        selection = cls.selection([None] * n_files, structure, properties or {})
        return selection.frame_numbers(tuple(slice) if isinstance(slice, tuple) else slice)


@dataclass(frozen=True, slots=True)
class _Listed:
    """Files, wherever they are, as the names of a series."""

    uris: Sequence[str | None]

    def name(self, number: int) -> str:
        """Path of a file below the root of all."""
        uri = self.uris[number]
        if uri is None:
            msg = f"file {number} was not looked up"
            raise IncompatibleShapeError(msg)
        path = path_of(uri)
        return str(path.relative_to(path.anchor))
