"""Points by their numbers."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from .subject import FRAMES, HandlerSubject, Write

_THREADS = 4
_ROUNDS = 5


class PointTests(HandlerSubject):
    """What a handler gives when it is called."""

    def test_points_are_those_of_their_numbers(self, written: Write) -> None:
        """In any order, one frame or several in each; the shape is (frames, \\*frame shape)."""
        for frames in self.frames_per_point:
            files = written(frames)
            last = len(files.points) - 1
            self.check_points(self.made(files), files, [0, last, 1, 0])

    def test_a_point_is_lazy(self, written: Write) -> None:
        """What stands in its files when it is computed counts, not what stood there when it was asked for."""
        if not self.lazy:
            pytest.skip(f"{type(self).__name__} says lazy = False")
        files = written()
        point = self.made(files)(point_number=1)
        assert hasattr(point, "__dask_graph__"), f"a point is a {type(point).__name__}, not a dask array"
        others = self.write_known(files.folder, version=1)
        self.check_pixels(self.computed(point), others.points[1], "a point that was computed late")

    def test_databroker_is_told_whether_points_are_lazy(self) -> None:
        """By ``return_type``: without it, databroker makes its own lazy array of each point."""
        told = getattr(type(self).handler, "return_type", {"delayed": False})["delayed"]
        assert told == self.lazy, f"return_type says delayed={told}; lazy = {self.lazy}"

    def test_a_point_that_is_not_there(self, written: Write) -> None:
        """It is an OSError, which ``Filler`` takes for a file that is not written yet; it names the file."""
        files = written()
        for number in (FRAMES, FRAMES + 1, 10**6):
            self.check_refused(files, number, OSError)

    def test_a_point_that_is_not_all_there(self, written: Write) -> None:
        """It is not filled up."""
        if self.frames_per_point == (1,):
            pytest.skip(f"{type(self).__name__} knows no bursts")
        self.check_refused(written(), 1, OSError, frames=FRAMES - 1)

    def test_a_negative_point(self, written: Write) -> None:
        """It does not count from the end."""
        for number in (-1, -FRAMES):
            self.check_refused(written(), number, (OSError, ValueError))

    def test_a_file_that_was_replaced_is_read_anew(self, written: Write) -> None:
        """By the same handler."""
        files = written()
        handler = self.made(files)
        self.check_points(handler, files, [0, 1])
        others = self.write_known(files.folder, version=1)
        self.check_points(handler, others, [1, 0, 2])

    def test_what_was_computed_is_one_s_own(self, written: Write) -> None:
        """It can be changed, and neither the file nor the next reader sees it."""
        files = written()
        handler = self.made(files)
        array = self.computed(handler(point_number=1))
        if array.flags.writeable:
            array[...] = 0
        self.check_points(handler, files, [1])
        self.check_points(self.made(files), files, [1])

    def test_threads_share_a_handler(self, written: Write) -> None:
        """Each gets what it asks for."""
        files = written()
        handler, together = self.made(files), threading.Barrier(_THREADS)

        def read(thread: int) -> list[tuple[int, np.ndarray]]:
            together.wait(10)
            numbers = [(thread + k) % FRAMES for k in range(_ROUNDS)]
            return [(number, self.computed(handler(point_number=number))) for number in numbers]

        with ThreadPoolExecutor(_THREADS) as threads:
            for found in threads.map(read, range(_THREADS)):
                for number, array in found:
                    self.check_pixels(array, files.points[number], f"point {number}, read by several threads,")

    def test_no_file_stays_open(self, written: Write) -> None:
        """Neither when a point was asked for nor when it was computed: a run has more files than may be open."""
        files = written()
        handler = self.made(files)
        point = handler(point_number=1)
        assert not (held := _held(files.folder)), f"files stay open when a point was asked for: {held}"
        array = self.computed(point)
        assert not (held := _held(files.folder)), f"files stay open when a point was computed: {held}"
        del handler, point, array

    def test_it_can_be_closed(self, written: Write) -> None:
        """Twice, where it can be closed at all, and by a ``with`` block; what it gave can be computed after that."""
        files = written()
        handler = self.made(files)
        point = handler(point_number=1)
        if not hasattr(handler, "close"):
            pytest.skip("it has no close()")
        handler.close()
        handler.close()
        self.check(point, files.points[1], "a point of a handler that is closed")
        if hasattr(handler, "__enter__"):
            with self.made(files) as entered:
                self.check_points(entered, files, [1])


def _held(folder: Path) -> list[str]:
    """Files below a folder that this process has open, or mapped; none where the system does not tell."""
    descriptors, maps = Path("/proc/self/fd"), Path("/proc/self/maps")
    if not descriptors.is_dir():
        return []
    held = [_target(entry) for entry in descriptors.iterdir()]
    held += [line.split(maxsplit=5)[-1] for line in maps.read_text(encoding="utf-8").splitlines()]
    return sorted({path for path in held if path.startswith(f"{folder}{os.sep}")})


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # the one that listed the folder is closed by now
        return "?"
