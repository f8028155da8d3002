"""The adapters by which a Tiled server reads frames: those of a format by the one reader that it has."""

from collections.abc import Mapping, Sequence
from typing import Any

from tiled.adapters.hdf5 import HDF5Adapter as TiledHDF5Adapter
from tiled.adapters.jpeg import JPEGSequenceAdapter
from tiled.adapters.tiff import TiffAdapter, TiffSequenceAdapter
from tiled.adapters.zarr import ZarrAdapter as TiledZarrAdapter

from framestore_handlers import jpeg, png, tiff
from framestore_handlers.hdf5.handler import HDF5Frames
from framestore_handlers.tiff_stack.handler import TIFFStackFrames
from framestore_handlers.zarr.handler import ZarrFrames

from . import others
from .frames import FramesAdapter
from .paths import Roots, places
from .series import SeriesAdapter


class HDF5Adapter(FramesAdapter):
    """Frames of HDF5 files: unlike Tiled's own, it sees what a file that is cut off lacks."""

    tiled_s = TiledHDF5Adapter
    look = staticmethod(others.linked_in_hdf5)

    @classmethod
    def opened(cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None) -> list[HDF5Frames]:
        """The dataset of each file."""
        dataset, frames = parameters["dataset"], parameters["frames_per_event"]
        return [HDF5Frames(place=place, dataset=dataset, frames_per_event=frames) for place in places(uris, roots)]


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
        return [TIFFStackFrames(place=place, frames_per_event=frames) for place in places(uris, roots)]


class ZarrAdapter(FramesAdapter):
    """Frames of Zarr stores."""

    tiled_s = TiledZarrAdapter
    look = staticmethod(others.linked_in_folder)

    @classmethod
    def opened(cls, uris: Sequence[str | None], parameters: Mapping[str, Any], roots: Roots = None) -> list[ZarrFrames]:
        """The array of each store."""
        frames = parameters["frames_per_event"]
        return [ZarrFrames(place=place, frames_per_event=frames) for place in places(uris, roots)]
