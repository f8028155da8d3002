"""Our handlers pass the suite that users inherit for theirs, on files that framestore's writers made."""

import numpy as np
import pytest
from framestore_handlers import (
    HDF5Handler,
    JPEGHandler,
    PNGHandler,
    TIFFHandler,
    TIFFStackHandler,
    ZarrHandler,
)
from own_formats import NumpySeriesHandler, NumpyStackHandler
from written import Written

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr
from framestore.testing import HandlerTests


class WrittenTests(HandlerTests):
    """Of a format that framestore writes."""

    def write(self, folder, frames, frames_per_point):
        layout = self.settings.layout
        name = layout.file_name("known {7}")
        shape, dtype = frames.shape[1:], frames.dtype
        writer = Written(self.settings, folder / name, shape, dtype, frames_per_point=frames_per_point)
        for k, frame in enumerate(frames):
            writer.append(frame, k, float(k))
        writer.flush()
        writer.close()
        kwargs = layout.resource_kwargs("known {7}", frames_per_point)
        del kwargs["frame_per_point"]
        return folder / layout.resource_name("known {7}"), kwargs


class TestHDF5(WrittenTests):
    handler, settings = HDF5Handler, HDF5()


@pytest.mark.slow
class TestCompressedHDF5(WrittenTests):
    handler, settings = HDF5Handler, HDF5(compression="bitshuffle-lz4", chunk=(2, 3))


@pytest.mark.slow
class TestTIFF(WrittenTests):
    handler, settings = TIFFHandler, TIFF()


class TestTIFFStack(WrittenTests):
    handler, settings = TIFFStackHandler, TIFFStack()


class TestJPEG(WrittenTests):
    handler, settings = JPEGHandler, JPEG()
    dtype, loss = "uint8", 3


@pytest.mark.slow
class TestPNG(WrittenTests):
    handler, settings = PNGHandler, PNG()
    shape, dtype = (6, 9, 3), "uint8"


class TestZarr(WrittenTests):
    handler, settings = ZarrHandler, Zarr()


class TestASeriesOfOnesOwn(HandlerTests):
    """As users write theirs."""

    handler = NumpySeriesHandler
    dtype = "float32"

    def write(self, folder, frames, frames_per_point):
        for k, frame in enumerate(frames):
            np.save(folder / f"a_{k:04d}.npy", frame)
        return folder, {"template": "%s%s_%4.4d.npy", "filename": "a"}


class TestAStackOfOnesOwn(HandlerTests):
    handler = NumpyStackHandler
    shape, dtype = (4, 5), ">u2"

    def write(self, folder, frames, frames_per_point):
        np.save(folder / "a.npy", frames)
        return folder / "a.npy", {}
