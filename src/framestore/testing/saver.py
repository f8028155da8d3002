"""What framestore relies on in a camera that saves its own files."""

from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from framestore_handlers.layout import SeriesLayout

from framestore.acquisition import SavedFrames, frames_of
from framestore.formats import FileFormat, Format, chosen
from framestore.frame import FrameSaver

from .driven import GRACE, pause
from .leftovers import Leftovers
from .round_trip import acquire
from .thread import OneThread
from .witness import SaverWitness


class FrameSaverTests:
    """Tests that a `FrameSaver` passes: inherit, and return yours from a fixture ``saver``."""

    format: ClassVar[str | Format] = "jpeg"
    """The format of its files, a name or settings from `framestore.formats`."""
    frames: ClassVar[int] = 10
    """How many frames a test looks at."""
    frame_timeout: ClassVar[float] = 10.0
    """Seconds that the camera may take to start and to stop, and for each frame."""

    @pytest.fixture
    def saver(self) -> FrameSaver:
        """A camera that has not been started; each test has its own."""
        msg = "return your camera from a fixture named 'saver' of the class that inherits FrameSaverTests"
        raise NotImplementedError(msg)

    def test_shape_and_dtype_are_known_once_it_is_started(self, saver: FrameSaver) -> None:
        """They are those of an image."""
        with OneThread("saver under test") as thread:
            self._start(thread, saver)
            shape, dtype = tuple(saver.shape), np.dtype(saver.dtype)
            self._stop(thread, saver)
        assert shape, f"shape must be that of an image, not {shape!r}"
        assert min(shape) >= 1, f"each size must be at least 1, not {shape!r}"
        self._chosen().check(shape, dtype)

    def test_each_file_is_saved_where_it_was_asked_for(self, saver: FrameSaver, tmp_path: Path) -> None:
        """One file a call, with nothing beside it; what is returned is the shape of what it holds."""
        folder = tmp_path / "a folder, größer"
        folder.mkdir()
        with OneThread("saver under test") as thread:
            self._start(thread, saver)
            for k in range(self.frames):
                path = folder / f"frame {k}{self._suffix()}"
                shape = self._save(thread, saver, path)
                files = sorted(file.name for file in folder.iterdir())
                assert files == sorted(f"frame {n}{self._suffix()}" for n in range(k + 1)), f"asked for {path}: {files}"
                array = self._chosen().read_back(path)
                assert tuple(shape) == array.shape, f"save_frame returned the shape {shape}, the file has {array.shape}"
                assert (array.shape, array.dtype) == (tuple(saver.shape), np.dtype(saver.dtype)), (
                    f"{path} holds shape {array.shape} and dtype {array.dtype}, announced were {saver.shape} and "
                    f"{saver.dtype}"
                )
            self._stop(thread, saver)

    def test_a_file_is_complete_when_it_was_saved(self, saver: FrameSaver, tmp_path: Path) -> None:
        """It does not change after ``save_frame`` has returned, nor when the next one is saved, nor by ``stop``."""
        with OneThread("saver under test") as thread:
            self._start(thread, saver)
            first, second = (tmp_path / f"{name}{self._suffix()}" for name in ("first", "second"))
            self._save(thread, saver, first)
            content = first.read_bytes()
            pause(0.1)
            assert first.read_bytes() == content, f"{first} changed after save_frame had returned"
            self._save(thread, saver, second)
            self._stop(thread, saver)
        assert first.read_bytes() == content, f"{first} changed when the next frame was saved"

    def test_stop_is_harmless_when_it_is_not_started(self, saver: FrameSaver, tmp_path: Path) -> None:
        """It is called after a start that failed, too; the camera can be started then, and again."""
        with OneThread("saver under test") as thread:
            self._stop(thread, saver)
            for k in range(2):
                self._start(thread, saver)
                self._save(thread, saver, tmp_path / f"{k}{self._suffix()}")
                self._stop(thread, saver)
            self._stop(thread, saver)

    def test_nothing_is_left_when_it_is_stopped(self, saver: FrameSaver, tmp_path: Path) -> None:
        """Neither threads nor open files; what a library keeps from its first use on is allowed."""
        self._round(saver, tmp_path / f"0{self._suffix()}")
        leftovers = Leftovers()
        for k in range(1, 4):
            self._round(saver, tmp_path / f"{k}{self._suffix()}")
        leftovers.check(f"{saver!r}, started and stopped,")

    def test_files_pass_through_an_acquisition(self, saver: FrameSaver, tmp_path: Path) -> None:
        """The files of a run are those that the camera saved, byte for byte and in order."""
        witness, form = SaverWitness(saver), self._chosen()
        source = frames_of(cast("FrameSaver", witness), form, "conformance")
        assert isinstance(source, SavedFrames), f"{saver!r} has next_frame: it is a FrameSource"
        path = tmp_path / form.layout.file_name("frames")
        acquire(source, form, path, (1, 1, self.frames), self.frame_timeout)
        found = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
        assert len(found) == self.frames + 2, f"{len(found)} files in {tmp_path}, expected {self.frames + 2}"
        assert found == witness.saved, "the files are not those that the camera saved"

    def _round(self, saver: FrameSaver, path: Path) -> None:
        with OneThread("saver under test") as thread:
            self._start(thread, saver)
            self._save(thread, saver, path)
            self._stop(thread, saver)

    def _start(self, thread: OneThread, saver: FrameSaver) -> None:
        thread.call(saver.start, "start", self.frame_timeout + GRACE)

    def _stop(self, thread: OneThread, saver: FrameSaver) -> None:
        thread.call(saver.stop, "stop", self.frame_timeout + GRACE)

    def _save(self, thread: OneThread, saver: FrameSaver, path: Path) -> Any:
        return thread.call(lambda: saver.save_frame(path), f"save_frame({str(path)!r})", self.frame_timeout + GRACE)

    def _chosen(self) -> FileFormat:
        form: Any = chosen(self.format)
        assert hasattr(form, "read_back"), f"format {form.layout.name!r} has one file for many frames"
        return form

    def _suffix(self) -> str:
        layout = self._chosen().layout
        assert isinstance(layout, SeriesLayout), f"{layout} is not that of a series of files"
        return layout.suffix
