"""The ways of frames into files that all fronts and consumers are tried with."""

from io import BytesIO
from typing import ClassVar

import framestore_handlers
import numpy as np
import pytest
from PIL import Image

from framestore.formats import HDF5, SavedFiles
from framestore.sources import SavingSource


def as_jpeg(frame):
    """What Pillow reads of the JPEG that it makes of a frame."""
    file = BytesIO()
    Image.fromarray(frame).save(file, "JPEG", quality=90, subsampling="4:4:4")
    return np.asarray(Image.open(file))


class NumpyHandler(framestore_handlers.SeriesHandler):
    specs = frozenset({"MY_FORMAT_SPEC"})
    read_frame = staticmethod(np.load)


class Way:
    """A source, the settings of a camera, and what is to be read back of frame k.

    ``numbered`` is the source of the frames as they are before they are saved, ``one_file`` whether many go into one.
    """

    settings: ClassVar = {"format": "hdf5"}
    glob = "*.h5"
    one_file = True
    handlers: ClassVar = {}

    def __init__(self, numbered):
        self.numbered = numbered
        self.source = numbered

    def take(self):
        """The next frame, for a camera that saves it."""
        return self.numbered.expected(self.numbered.next_number())

    def load(self, documents, **kwargs):
        return framestore_handlers.load(documents, handlers=self.handlers, **kwargs)

    def expected(self, k):
        """Frame k as it is read back."""
        return self.numbered.expected(k)

    def seen(self, k):
        """Frame k as the numbers of its event are computed from."""
        return self.numbered.expected(k)


class HDF5Way(Way):
    """Arrays into one file."""


class CompressedHDF5Way(Way):
    """Arrays into one file, with an encoder between. It needs an extra, which not all environments have."""

    def __init__(self, numbered):
        super().__init__(numbered)
        self.settings = {"format": HDF5(compression="bitshuffle-lz4")}


class TIFFStackWay(Way):
    """Arrays into the pages of one file."""

    settings: ClassVar = {"format": "tiff_stack"}
    glob = "*.tiff"


class ZarrWay(Way):
    """Arrays into a folder of many files."""

    settings: ClassVar = {"format": "zarr"}
    glob = "*.zarr"


class TIFFWay(Way):
    """Arrays into a series of files, as they are."""

    settings: ClassVar = {"format": "tiff"}
    glob = "*.tiff"
    one_file = False


class PNGWay(TIFFWay):
    """Arrays into a series of files, with an encoder between."""

    settings: ClassVar = {"format": "png"}
    glob = "*.png"


class JPEGWay(Way):
    """Arrays into a series of files."""

    settings: ClassVar = {"format": "jpeg"}
    glob = "*.jpg"
    one_file = False

    def expected(self, k):
        return as_jpeg(self.numbered.expected(k))


class SavedJPEGWay(JPEGWay):
    """Files that the camera saves."""

    def __init__(self, numbered):
        super().__init__(numbered)
        self.source = SavingSource(self.save, numbered.shape, numbered.dtype)

    def save(self, filepath):
        frame = self.take()
        Image.fromarray(frame).save(filepath, quality=90, subsampling="4:4:4")
        return frame.shape

    def seen(self, k):
        return self.expected(k)


class SavedNumpyWay(Way):
    """Files of a format that framestore does not know."""

    settings: ClassVar = {"format": SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load)}
    glob = "*.npy"
    one_file = False
    handlers: ClassVar = {"MY_FORMAT_SPEC": NumpyHandler, settings["format"].mimetype: NumpyHandler}

    def __init__(self, numbered):
        super().__init__(numbered)
        self.source = SavingSource(self.save, numbered.shape, numbered.dtype)

    def save(self, filepath):
        frame = self.take()
        np.save(filepath, frame)
        return frame.shape


WAYS = {
    "hdf5": HDF5Way,
    "jpeg": JPEGWay,
    "tiff stack": TIFFStackWay,
    "saved jpeg": SavedJPEGWay,
    "saved numpy": SavedNumpyWay,
    "compressed hdf5": CompressedHDF5Way,
    "tiff": TIFFWay,
    "png": PNGWay,
    "zarr": ZarrWay,
}
FEW = ("hdf5", "jpeg", "tiff stack", "saved jpeg", "saved numpy")
"""One of each kind: what all tests are run with that take the fixture ``way``. They are many."""
every_way = pytest.mark.parametrize("way", WAYS, indirect=True)
"""Marks a test that is run with all of them."""

MIMETYPES = {"FRAMESTORE_JPEG": "multipart/related;type=image/jpeg", "FRAMESTORE_ZARR": "application/x-zarr"}
"""What a TiledWriter has to be told of our specs."""
