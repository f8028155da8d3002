"""Handlers as users write theirs, in a module that other processes can import."""

import numpy as np
from framestore_handlers import PointHandler, SeriesHandler


class NumpySeriesHandler(SeriesHandler):
    """Files of one frame."""

    read_frame = staticmethod(np.load)


class NumpyStackHandler(PointHandler):
    """A file of many."""

    @staticmethod
    def open_frames(path):
        return np.load(path, mmap_mode="r")
