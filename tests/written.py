"""Writers of files, by themselves: as an acquisition uses them, encoder included."""

from pathlib import Path

import numpy as np

from framestore.formats import Contents
from framestore.frame import FrameInfo

TESTS = str(Path(__file__).parent)
"""For processes of tests that import this module."""


def info(frame_id=0, timestamp=0.0, exposure_time=0.0):
    return FrameInfo(frame_id=frame_id, timestamp=timestamp, exposure_time=exposure_time)


class Written:
    """A writer that is given frames: they go through the format's encoder first."""

    def __init__(self, settings, path, shape, dtype, **contents):
        self.dtype = np.dtype(dtype)
        self.encoder = settings.encoder(shape, self.dtype)
        self.scratch = np.empty(self.encoder.scratch_bytes if self.encoder else 0, np.uint8)
        self.writer = settings.writer(path, Contents(shape=shape, dtype=self.dtype, **contents))

    def append(self, frame, frame_id=0, timestamp=0.0, exposure_time=0.0):
        about = info(frame_id, timestamp, exposure_time)
        frame = np.ascontiguousarray(frame)
        self.writer.append(self.encoder.encode(frame, about, self.scratch) if self.encoder else frame, about)

    def adopt(self, path, frame_id=0, timestamp=0.0):
        self.writer.adopt(path, info(frame_id, timestamp))

    def copy_to(self, other, first):
        self.writer.copy_to(other.writer, first)

    def __getattr__(self, name):
        return getattr(self.writer, name)
