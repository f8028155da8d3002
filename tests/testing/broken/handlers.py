"""Handlers with one fault each; of the suite, each is tried with what is to find it."""
# ruff: noqa: N801 - a suite calls the class of the handler `handler`

import contextlib
import threading
from pathlib import Path

import dask.array as da
import numpy as np
from framestore_handlers import PointHandler, SeriesHandler
from framestore_handlers.testing import HandlerTests


class Good(PointHandler):
    """What the others are but for one thing."""

    @staticmethod
    def open_frames(path):
        return np.load(path, mmap_mode="r")


class Tests(HandlerTests):
    def write(self, folder, frames, frames_per_point):
        np.save(folder / "a.npy", frames)
        return folder / "a.npy", {}


class TestReadsAtOnce(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return da.from_array(super().__call__(point_number).compute())


class TestGivesNumpy(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(point_number).compute()


class TestSaysThatItIsNotLazy(Tests):
    class handler(Good):
        return_type = {"delayed": False}  # noqa: RUF012 - nobody changes it


class TestTakesWhateverDocumentsSay(Tests):
    class handler(Good):
        def __init__(self, fpath, frame_per_point=1, **kwargs):
            super().__init__(fpath, frame_per_point)


class TestCountsFromOne(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(max(point_number - 1, 0))


class TestCountsFramesOfBursts(Tests):
    class handler(Good):
        def __call__(self, point_number):
            frames = [Good(self._place.path)(point_number + k) for k in range(self._frames)]
            return da.concatenate(frames)


class TestCasts(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(point_number).astype("f8")


class TestSqueezes(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(point_number).squeeze()


class TestSaysAnotherShape(Tests):
    class handler(Good):
        def __call__(self, point_number):
            point = super().__call__(point_number)
            return da.map_blocks(point.compute, chunks=[(1,), (6,), (8,)], dtype=point.dtype)


class TestMirrors(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(point_number)[..., ::-1]


class TestCountsFromTheEnd(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return super().__call__(point_number % 6)


class TestGivesZerosForWhatIsNotThere(Tests):
    class handler(Good):
        def __call__(self, point_number):
            try:
                return super().__call__(point_number)
            except FileNotFoundError:
                raise
            except OSError:
                return da.zeros_like(super().__call__(0))


class TestNamesNoFile(Tests):
    class handler(Good):
        def __call__(self, point_number):
            try:
                return super().__call__(point_number)
            except FileNotFoundError:
                raise FileNotFoundError("it is not there") from None
            except OSError:
                raise OSError("it does not hold that") from None


class TestRaisesIndexErrors(Tests):
    class handler(Good):
        def __call__(self, point_number):
            try:
                return super().__call__(point_number)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise IndexError(str(error)) from None


class TestRemembersFrames(Tests):
    class handler(Good):
        def __call__(self, point_number):
            seen = vars(self).setdefault("seen", {})
            return seen.setdefault(point_number, da.from_array(super().__call__(point_number).compute()))


class TestHandsOutItsMemory(Tests):
    lazy = False

    class handler(Good):
        return_type = {"delayed": False}  # noqa: RUF012 - nobody changes it

        def __call__(self, point_number):
            seen = vars(self).setdefault("seen", {})
            return seen.setdefault(point_number, super().__call__(point_number).compute())


class TestRemembersTheLastPoint(Tests):
    class handler(Good):
        def __call__(self, point_number):
            self.last = super().__call__(point_number)
            threading.Event().wait(0.005)  # others call meanwhile
            return self.last


class TestKeepsItsFileOpen(Tests):
    class handler(Good):
        def __call__(self, point_number):
            self.kept = self.open_frames(self._place.path)
            return super().__call__(point_number)


class TestClosesWhatItGave(Tests):
    class handler(Good):
        closed = False

        def __call__(self, point_number):
            return super().__call__(point_number).map_blocks(self.unless_closed)

        def unless_closed(self, block):
            if self.closed:
                raise OSError("it is closed")
            return block

        def close(self):
            self.closed = True


class TestCannotBeClosedTwice(Tests):
    class handler(Good):
        def close(self):
            del self._file


class TestFillsFilesUp(Tests):
    class handler(Good):
        @staticmethod
        def open_frames(path):
            whole = np.zeros((6, 6, 9), "u2")
            pixels = np.frombuffer(path.read_bytes()[128:].ljust(whole.nbytes, b"\0")[: whole.nbytes], "u2")
            return pixels.reshape(whole.shape)


class TestRaisesValueErrors(Tests):
    class handler(Good):
        def __call__(self, point_number):
            return da.from_array(self.open_frames(self._place.path)[point_number : point_number + 1])


class TestGivesZerosForMissingFiles(Tests):
    class handler(SeriesHandler):
        @staticmethod
        def read_frame(path):
            return np.load(path) if path.exists() else np.zeros((6, 9), "u2")

        def _check(self, point_number, start, stop):
            pass

    def write(self, folder, frames, frames_per_point):
        return write_series(folder, frames)


def write_series(folder, frames):
    for k, frame in enumerate(frames):
        np.save(folder / f"a_{k}.npy", frame)
    return folder, {"template": "%s%s_%d.npy", "filename": "a"}


class TestListsPaths(Tests):
    class handler(Good):
        def get_file_list(self, datum_kwarg_gen):
            return [Path(path) for path in super().get_file_list(datum_kwarg_gen)]


class TestListsFolders(Tests):
    class handler(Good):
        def get_file_list(self, datum_kwarg_gen):
            return [str(Path(path).parent) for path in super().get_file_list(datum_kwarg_gen)]


class TestListsAFileForEachDatum(Tests):
    class handler(Good):
        def get_file_list(self, datum_kwarg_gen):
            return [str(self._place.path) for _ in datum_kwarg_gen]


class OfASeries(SeriesHandler):
    read_frame = staticmethod(np.load)


class TestListsTheFirstFrame(Tests):
    class handler(OfASeries):
        def get_file_list(self, datum_kwarg_gen):
            points = [kwargs["point_number"] for kwargs in datum_kwarg_gen]
            return list(dict.fromkeys(str(self._series.path(point * self._frames)) for point in points))

    def write(self, folder, frames, frames_per_point):
        return write_series(folder, frames)


class TestListsInAlphabeticalOrder(Tests):
    class handler(OfASeries):
        def get_file_list(self, datum_kwarg_gen):
            return sorted(super().get_file_list(datum_kwarg_gen))

    def write(self, folder, frames, frames_per_point):
        return write_series(folder, frames)


class TestGivesSizesInKilobytes(Tests):
    class handler(Good):
        def get_file_sizes(self, datum_kwarg_gen):
            return [size // 1024 for size in super().get_file_sizes(datum_kwarg_gen)]


def make(path, **kwargs):
    return Good(path, **kwargs)


class TestIsAFunction(Tests):
    handler = staticmethod(make)


class TestRemembersWhereFilesWere(Tests):
    class handler(Good):
        places = {}  # noqa: RUF012 - that is the fault

        def __init__(self, fpath, frame_per_point=1):
            super().__init__(self.places.setdefault(Path(fpath).name, fpath), frame_per_point)

    def write_known(self, folder, frames_per_point=1, version=0):
        files = super().write_known(folder, frames_per_point, version)
        with contextlib.suppress(OSError):
            self.handler.places.setdefault("a.npy", str(files.path))
        return files


class TestCannotBePickled(Tests):
    class handler(Good):
        def __call__(self, point_number):
            lock = threading.Lock()
            return super().__call__(point_number).map_blocks(lambda block: block if lock else None)


class TestHasLargeBlocks(Tests):
    class handler(Good):
        def __call__(self, point_number):
            header = bytes(range(256)) * 20
            return super().__call__(point_number).map_blocks(lambda block: block if header else None)


class TestOtherProcessesCannotRead(Tests):
    class handler(Good):
        @staticmethod
        def open_frames(path):
            raise_elsewhere()
            return np.load(path, mmap_mode="r")


def raise_elsewhere():
    import multiprocessing

    if multiprocessing.parent_process():
        raise OSError("this process was told of no file")
