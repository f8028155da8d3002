"""Cameras that save their own files, with one fault each."""

import threading
import time

import numpy as np
import pytest

from framestore.formats import SavedFiles
from framestore.testing import FrameSaverTests, KnownSource


class Saver:
    shape, dtype = (8, 16), np.dtype("uint8")

    def __init__(self):
        self.known = KnownSource(self.shape, self.dtype)

    def start(self):
        pass

    def save_frame(self, path):
        array = self.known.next_frame(1).array
        np.save(path, array)
        return array.shape

    def stop(self):
        pass


class Tests(FrameSaverTests):
    format = SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load)
    Kind = Saver

    @pytest.fixture
    def saver(self):
        return self.Kind()


class TestAddsASuffix(Tests):
    class Kind(Saver):
        def save_frame(self, path):
            return super().save_frame(path.with_suffix(".raw.npy"))


class TestLeavesAThumbnail(Tests):
    class Kind(Saver):
        def save_frame(self, path):
            super().save_frame(path.with_suffix(".thumbnail.npy"))
            return super().save_frame(path)


class TestReturnsAnotherShape(Tests):
    class Kind(Saver):
        def save_frame(self, path):
            return super().save_frame(path)[::-1]


class TestSavesAnotherDtype(Tests):
    class Kind(Saver):
        dtype = np.dtype("uint16")

        def save_frame(self, path):
            np.save(path, np.zeros(self.shape, "uint8"))
            return self.shape


class TestReturnsBeforeTheFileIsComplete(Tests):
    class Kind(Saver):
        def save_frame(self, path):
            shape = super().save_frame(path)
            threading.Thread(target=self.finish, args=(path,)).start()
            return shape

        def finish(self, path):
            time.sleep(0.03)
            with path.open("ab") as file:
                file.write(b"the end")


class TestStopNeedsAStart(Tests):
    class Kind(Saver):
        def stop(self):
            raise OSError("the camera is not open")
