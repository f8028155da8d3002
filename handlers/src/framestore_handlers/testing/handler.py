"""All tests of a handler."""

from .faults import FaultTests
from .files import FileTests
from .points import PointTests
from .readers import ReaderTests


class HandlerTests(PointTests, FaultTests, FileTests, ReaderTests):
    """Tests of a handler: say which class, and how files are written that it reads.

    Nothing is asked of it but what event-model's ``Filler`` and databroker ask: it is made of a path and the
    ``resource_kwargs``, called with ``point_number``, and asked for its files.

    Examples
    --------
    >>> import numpy
    >>> from framestore_handlers import PointHandler
    >>> class StackHandler(PointHandler):
    ...     @staticmethod
    ...     def open_frames(path):
    ...         return numpy.load(path, mmap_mode="r")
    >>> class TestStackHandler(HandlerTests):
    ...     handler = StackHandler
    ...
    ...     def write(self, folder, frames, frames_per_point):
    ...         numpy.save(folder / "a.npy", frames)
    ...         return folder / "a.npy", {}
    """
