"""Files that are gone, or not whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from .subject import FRAMES, HandlerSubject, Write, WrittenFrames


class FaultTests(HandlerSubject):
    """What is not there is said to be missing: it never becomes zeros, nor other frames."""

    def test_no_file_is_there(self, written: Write) -> None:
        """It is a FileNotFoundError that names it."""
        files = written()
        files.folder.rename(files.folder.with_name("elsewhere"))
        self.check_refused(files, 0, FileNotFoundError)

    def test_a_file_that_is_missing(self, written: Write) -> None:
        """Each of those that there are: points are as they were, or an error names the file."""
        files = written()
        for path in files.files():
            away = path.rename(files.folder.with_name("away"))
            self.check_right_or_refused(files, path, "missing")
            away.rename(path)

    def test_a_file_that_is_cut_off(self, written: Write) -> None:
        """In its middle, before its last byte, and from its beginning on."""
        files = written()
        for path in files.files():
            whole = path.read_bytes()
            for length in {0, len(whole) // 2, len(whole) - 1}:
                path.write_bytes(whole[:length])
                self.check_right_or_refused(files, path, f"cut off after {length} of {len(whole)} bytes")
            path.write_bytes(whole)

    def test_an_argument_that_nothing_is_known_of(self, written: Write) -> None:
        """It is refused, and reaches no library: whoever writes documents chooses the keyword arguments."""
        files = written()
        for name in ("allow_pickle", "not_an_argument"):
            asked = replace(files, kwargs=files.kwargs | {name: True})
            with pytest.raises((TypeError, ValueError), match=name):
                self.computed(self.made(asked)(point_number=0))

    def check_right_or_refused(self, files: WrittenFrames, path: Path, what: str) -> None:
        """Fail unless the first and the last point are right, or an OSError names the file."""
        for number in (0, FRAMES - 1):
            try:
                point = self.made(files)(point_number=number)
                found = self.computed(point)
            except OSError as error:
                self.check_named(files, error)
            except Exception as error:  # noqa: BLE001 - the test fails with it
                pytest.fail(f"{path} is {what}: {type(error).__name__} instead of an OSError: {error}")
            else:
                self.check_pixels(found, files.points[number], f"point {number}, where {path} is {what},")
