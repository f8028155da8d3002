"""What the adapters of all formats have in common.

A data source that was not made by a consolidator of ours is left to Tiled's own adapter. Nothing is kept between two
requests, so that a file that grows is seen as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from tiled.adapters.core import Adapter
from tiled.adapters.utils import IncompatibleShapeError
from tiled.ndslice import NDBlock
from tiled.structures.array import ArrayStructure
from tiled.structures.core import StructureFamily
from tiled.structures.data_source import DataSource

from framestore_handlers.described import ColourImages
from framestore_handlers.frame_file import FrameFile
from framestore_handlers.place import MissingFileError, UntrustedPathError
from framestore_handlers.segments import Segment

from . import others
from .paths import Roots, path_of
from .readable import readable_roots
from .selection import Selection
from .structure import array_structure


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
        gone = next((path for path in map(path_of, filter(None, self._uris)) if not path.exists()), None)
        if gone is None:
            return None
        return f"{gone} is not there; was it moved or removed, or is its file system not mounted on the server?"
