"""The adapters by which a Tiled server reads frames: those of a format by the one reader that it has.

A data source that was not made by a consolidator of ours is left to Tiled's own adapter. Nothing is kept between two
requests, so that a file that grows is seen as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from tiled.adapters.core import Adapter
from tiled.adapters.hdf5 import HDF5Adapter as TiledHDF5Adapter
from tiled.adapters.jpeg import JPEGSequenceAdapter
from tiled.adapters.tiff import TiffAdapter, TiffSequenceAdapter
from tiled.adapters.utils import IncompatibleShapeError
from tiled.adapters.zarr import ZarrAdapter as TiledZarrAdapter
from tiled.ndslice import NDBlock
from tiled.structures.array import ArrayStructure
from tiled.structures.core import StructureFamily
from tiled.structures.data_source import DataSource
from tiled.utils import path_from_uri

from framestore_handlers import jpeg, png, tiff
from framestore_handlers.described import ColourImages
from framestore_handlers.frame_file import FrameFile
from framestore_handlers.hdf5.handler import HDF5Frames
from framestore_handlers.place import MissingFileError, Place, UntrustedPathError
from framestore_handlers.segments import Segment
from framestore_handlers.series import FrameSeries, ReadFrame
from framestore_handlers.tiff_stack.handler import TIFFStackFrames
from framestore_handlers.zarr.handler import ZarrFrames

from . import others
from .readable import readable_roots
from .selection import Selection
from .structure import array_structure

Roots = tuple[Path, ...] | None
"""Folders that nothing may lead out of; None: whoever names the files is trusted."""


class FramesAdapter(Adapter[ArrayStructure]):
    """An array (events, frames, \\*frame shape) that stands in files; a subclass says how they are opened."""

    structure_family = StructureFamily.array
    tiled_s: ClassVar[Any] = None
    """Tiled's own adapter of the mimetype, where it has one."""
    look: ClassVar[others.Look] = staticmethod(others.nothing)
    """What looks where files of others lead, before Tiled's own adapter opens them."""

    def __init__(
        self,
        uris: Sequence[str | None],
        structure: ArrayStructure,
        parameters: Mapping[str, Any],
        *,
        metadata: Any = None,
        specs: Any = None,
        roots: Roots = None,
    ) -> None:
        super().__init__(structure, metadata=metadata, specs=specs)
        self._uris = uris
        self._selection = self.selection(uris, structure, parameters, roots)

    @classmethod
    def selection(
        cls, uris: Sequence[str | None], structure: ArrayStructure, parameters: Mapping[str, Any], roots: Roots = None
    ) -> Selection:
        """The array in its files, unopened."""
        files = cls.described(uris, parameters, roots)
        parts = [
            Segment(file=files[asset], first=first, events=events) for asset, first, events in parameters["segments"]
        ]
        shape, has_axis = tuple(structure.shape), parameters.get("frames_axis", True)
        if not has_axis:
            shape = (shape[0], 1, *shape[1:])
        dtype = structure.data_type.to_numpy_dtype().str
        return Selection(segments=parts, shape=shape, dtype=dtype, has_axis=has_axis)

    @classmethod
    def described(
        cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None
    ) -> Sequence[FrameFile]:
        """The frames of the assets as documents describe them, unopened."""
        files = cls.opened(uris, parameters, roots)
        return [ColourImages(file=file) for file in files] if parameters.get("channels_first") else files

    @classmethod
    def opened(
        cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None
    ) -> Sequence[FrameFile]:
        """The frames of the assets, unopened."""
        raise NotImplementedError

    @classmethod
    def from_catalog(cls, data_source: DataSource[Any], node: Any, /, **parameters: Any) -> Any:
        """Adapter of what the catalog says of a node."""
        if "segments" not in data_source.properties:
            others.check(data_source, parameters, cls.look)
            return cls._others().from_catalog(data_source, node, **parameters)
        uris = parameters.get("data_uris") or [asset.data_uri for asset in data_source.assets]
        told = {**parameters, **data_source.properties}
        roots = readable_roots()
        return cls(uris, data_source.structure, told, metadata=node.metadata_, specs=node.specs, roots=roots)

    @classmethod
    def from_uris(cls, *uris: str, **parameters: Any) -> Any:
        """Adapter of files; with what `validate_data_source` adds, its structure is that of the files."""
        if "segments" not in parameters:
            return cls._others().from_uris(*uris, **parameters)
        frames, files = parameters["frames_per_event"], cls.described(uris, parameters)
        shape, dtype = (), np.dtype("u1")
        for asset, first, events in parameters["segments"]:
            shape, dtype = files[asset].frame_type()
            last = np.empty((1, *shape), dtype)
            files[asset].read_into(last, first + events * frames - 1)
        events = sum(events for _, _, events in parameters["segments"])
        event = (frames, *shape) if parameters.get("frames_axis", True) else shape
        return cls(uris, array_structure(events, event, dtype, parameters["dims"]), parameters)

    @classmethod
    def _others(cls) -> Any:
        """Tiled's own adapter, for what others registered."""
        if cls.tiled_s is None:
            msg = f"{cls.__name__}: this data source is not one of framestore_handlers' consolidators"
            raise IncompatibleShapeError(msg)
        return cls.tiled_s

    @classmethod
    def validate_data_source(
        cls, data_source: DataSource[Any], *, fix_errors: bool
    ) -> tuple[DataSource[Any], list[str]]:
        """Give ``from_uris`` what it needs, for the validation of bluesky-tiled-plugins."""
        del fix_errors
        if "segments" in data_source.properties:
            names = ("frames_per_event", "segments", "channels_first", "frames_axis")
            told = {key: data_source.properties[key] for key in names if key in data_source.properties}
            data_source.parameters = {**data_source.parameters, **told, "dims": data_source.structure.dims}
        return data_source, []

    def read(self, slice: Any = ...) -> NDArray[Any]:  # noqa: A002 - Tiled calls it so
        """A part of the array.

        Raises
        ------
        IncompatibleShapeError
            When a file is gone, cut off, or not what the data source says. A server answers 422, with the message.
        """
        return self._read(slice)

    def read_block(self, block: NDBlock, slice: Any = ...) -> NDArray[Any]:  # noqa: A002 - Tiled calls it so
        """A chunk, or a part of it; it raises what `read` does."""
        return self._read(block.slice_from_chunks(self._structure.chunks), slice)

    def _read(self, *keys: Any) -> NDArray[Any]:
        try:
            return self._selection.read(*(tuple(key) if isinstance(key, tuple) else key for key in keys))
        except MissingFileError as error:
            raise IncompatibleShapeError(self._missing() or str(error)) from error
        except UntrustedPathError as error:
            msg = (
                f"{error}; on a server, allowed_roots are its readable_storage: if it may be read, add its folder there"
            )
            raise IncompatibleShapeError(msg) from error
        except (OSError, ValueError, ImportError) as error:
            raise IncompatibleShapeError(str(error)) from error

    def _missing(self) -> str | None:
        gone = next((path for path in map(_path, filter(None, self._uris)) if not path.exists()), None)
        if gone is None:
            return None
        return f"{gone} is not there; was it moved or removed, or is its file system not mounted on the server?"


class SeriesAdapter(FramesAdapter):
    """Frames that have a file each: all of them count as one asset of its segments."""

    supports_lazy_assets = True
    """Of 100,000 files, Tiled looks only those up that a request needs."""
    read_frame: ClassVar[ReadFrame]
    """How a file is read."""

    @classmethod
    def opened(
        cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None
    ) -> list[FrameSeries]:
        """The files as one series."""
        del parameters
        root = next((_path(uri).anchor for uri in uris if uri is not None), "/")
        place = Place(path=Path(root), roots=roots)
        return [FrameSeries(place=place, template=_Listed(uris), read_frame=cls.read_frame)]

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
        path = _path(uri)
        return str(path.relative_to(path.anchor))


class HDF5Adapter(FramesAdapter):
    """Frames of HDF5 files: unlike Tiled's own, it sees what a file that is cut off lacks."""

    tiled_s = TiledHDF5Adapter
    look = staticmethod(others.linked_in_hdf5)

    @classmethod
    def opened(cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None) -> list[HDF5Frames]:
        """The dataset of each file."""
        dataset, frames = parameters["dataset"], parameters["frames_per_event"]
        return [HDF5Frames(place=place, dataset=dataset, frames_per_event=frames) for place in _places(uris, roots)]


class JPEGAdapter(SeriesAdapter):
    """Frames of a series of JPEG files."""

    tiled_s = JPEGSequenceAdapter
    read_frame = staticmethod(jpeg.read_frame)


class PNGAdapter(SeriesAdapter):
    """Frames of a series of PNG files."""

    read_frame = staticmethod(png.read_frame)


class TIFFAdapter(SeriesAdapter):
    """Frames of a series of TIFF files."""

    tiled_s = TiffSequenceAdapter
    look = staticmethod(others.linked_in_tiff)
    read_frame = staticmethod(tiff.read_frame)


class TIFFStackAdapter(FramesAdapter):
    """Frames of TIFF files of many pages."""

    tiled_s = TiffAdapter
    look = staticmethod(others.linked_in_tiff)

    @classmethod
    def opened(
        cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None
    ) -> list[TIFFStackFrames]:
        """The pages of each file."""
        frames = parameters["frames_per_event"]
        return [TIFFStackFrames(place=place, frames_per_event=frames) for place in _places(uris, roots)]


class ZarrAdapter(FramesAdapter):
    """Frames of Zarr stores."""

    tiled_s = TiledZarrAdapter
    look = staticmethod(others.linked_in_folder)

    @classmethod
    def opened(cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None) -> list[ZarrFrames]:
        """The array of each store."""
        frames = parameters["frames_per_event"]
        return [ZarrFrames(place=place, frames_per_event=frames) for place in _places(uris, roots)]


def _places(uris: Sequence[str | None], roots: Roots) -> list[Place]:
    return [Place(path=_path(uri), roots=roots) for uri in uris if uri is not None]


def _path(uri: str) -> Path:
    """The path that Tiled has checked to be one of its readable storage; it does not look for steps upwards in it."""
    path = path_from_uri(uri)
    if ".." in path.parts:
        msg = f"{uri} leads upwards in its folder; it was not opened"
        raise IncompatibleShapeError(msg)
    return path
