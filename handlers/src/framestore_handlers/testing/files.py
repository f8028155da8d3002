"""Which files a handler reads, as databroker asks for it when it copies a run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .subject import HandlerSubject, Write, WrittenFrames


class FileTests(HandlerSubject):
    """``get_file_list`` and ``get_file_sizes``."""

    def test_files_are_listed(self, written: Write) -> None:
        """As strings, as databroker wants them; all are there, and none is a folder."""
        for frames in self.frames_per_point:
            files = written(frames)
            listed = self.made(files).get_file_list(_datums(range(len(files.points))))
            assert isinstance(listed, list), f"get_file_list returns a {type(listed).__name__}, not a list"
            assert listed, "no file is listed"
            for path in listed:
                assert isinstance(path, str), f"{path!r} is not a string"
                assert Path(path).is_file(), f"{path} is not a file"

    def test_files_that_are_listed_are_enough(self, written: Write, tmp_path: Path) -> None:
        """They are copied elsewhere, as databroker does, and nothing else is."""
        for frames in self.frames_per_point:
            files = written(frames)
            points = list(range(len(files.points)))
            for number, numbers in enumerate((points, points[1:2])):
                copy = tmp_path / f"copy {frames} {number}"
                listed = self.made(files).get_file_list(_datums(numbers))
                path = _copied(files, listed, copy)
                self.check_points(self.made(files, path), files, numbers)
                shutil.rmtree(copy)

    def test_each_file_is_listed_once(self, written: Write) -> None:
        """Also where a datum comes twice: databroker copies, and counts, each that is listed."""
        files = written()
        handler = self.made(files)
        once = handler.get_file_list(_datums([0, 1, 2]))
        assert len(set(once)) == len(once), f"a file is listed several times: {once}"
        twice = handler.get_file_list(_datums([0, 1, 0, 2, 2, 1]))
        assert twice == once, f"files of datums that come twice are {twice}, expected {once}"

    def test_files_are_listed_in_the_order_of_the_datums(self, written: Write) -> None:
        """Where each has files of its own."""
        files = written()
        handler = self.made(files)
        each = [handler.get_file_list(_datums([number])) for number in (2, 0, 1)]
        expected = list(dict.fromkeys(path for paths in each for path in paths))
        found = handler.get_file_list(_datums([2, 0, 1]))
        assert found == expected, f"the files of points 2, 0 and 1 are {found}, expected {expected}"

    def test_sizes_are_those_of_the_files_that_are_listed(self, written: Write) -> None:
        """In bytes, one for each, in their order."""
        files = written()
        handler = self.made(files)
        sizes = handler.get_file_sizes(_datums([1, 2]))
        listed = handler.get_file_list(_datums([1, 2]))
        expected = [os.path.getsize(path) for path in listed]  # noqa: PTH202 - as databroker counts them
        assert list(sizes) == expected, f"the sizes are {sizes}, expected {expected}, of {listed}"


def _datums(numbers: Any) -> Iterator[dict[str, int]]:
    """Keyword arguments of datums, by a generator, which is what databroker has."""
    return ({"point_number": number} for number in numbers)


def _copied(files: WrittenFrames, listed: list[str], folder: Path) -> Path:
    """Copy files; returns where the handler's path is then."""
    moved = folder / files.path.relative_to(files.folder)
    folder.mkdir()
    if files.path.is_dir():
        moved.mkdir(parents=True, exist_ok=True)
    for path in listed:
        place = folder / Path(path).relative_to(files.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    return moved
