"""What becomes of files as files: none is overwritten, none is left over, and they are whose they should be."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from framestore.formats import Format
from framestore.testing.leftovers import Leftovers

from .frames import about
from .subject import Begin, FormatSubject
from .written import Row

Identity = tuple[int, int]
"""Device and inode."""


class FileTests(FormatSubject):
    """Files of a format in the hands of the file system."""

    @pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
    def test_what_exists_is_not_touched(self, settings: Format, begin: Begin, tmp_path: Path, kind: str) -> None:
        """Whatever has the name of a file that is to be made: FileExistsError."""
        taken = self.first_file(settings, self.path(tmp_path / "frames", settings))
        if kind == "file":
            taken.write_bytes(b"precious")
        elif kind == "folder":
            taken.mkdir()
        else:
            taken.symlink_to(tmp_path / "nothing")
        with pytest.raises(FileExistsError):
            begin()
        assert list(taken.parent.iterdir()) == [taken], f"beside {taken} there is something now"
        assert kind != "file" or taken.read_bytes() == b"precious", f"{taken} was overwritten"
        assert kind != "folder" or not list(taken.iterdir()), f"something was put into {taken}"
        assert not (tmp_path / "nothing").exists(), f"{taken} was followed to where it leads"

    def test_nothing_is_left_of_a_file_without_frames(self, begin: Begin) -> None:
        """Be it that none came, or that all were taken out."""
        empty, emptied = begin(), begin(name="emptied").append(3)
        emptied.flush()
        emptied.remove(0, 3)
        for written in (empty, emptied):
            written.close()
        left = list(empty.path.parent.iterdir())
        assert not left, f"a file without frames was closed, and left {left}"

    @pytest.mark.parametrize("frames", [0, 3])
    def test_nothing_is_left_of_a_file_that_is_discarded(self, begin: Begin, frames: int) -> None:
        """Its name can be used again."""
        written = begin().append(frames)
        written.flush()
        written.discard()
        left = list(written.path.parent.iterdir())
        assert not left, f"a file was discarded, and left {left}"
        self.check_file(begin().append(2).close())

    def test_only_files_of_frames_are_left(self, settings: Format, begin: Begin) -> None:
        """Neither scratch files nor anything hidden is beside them; and it can be closed twice."""
        written = begin().append(5)
        written.flush()
        written.remove(1, 2)
        written.close()
        written.close()
        expected = self.files(written.path) if self.is_series(settings) else [written.path]
        found = sorted(written.path.parent.iterdir())
        assert found == expected, f"there are {found}, expected {expected}"
        assert len(found) == (3 if self.is_series(settings) else 1), f"there are {len(found)} files: {found}"

    def test_nothing_is_left_open(self, begin: Begin) -> None:
        """Neither threads nor files, in the process that wrote."""
        begin(name="the first").append(2).close()  # a library may keep something from its first use on
        leftovers = Leftovers()
        for k in range(3):
            begin(name=f"number {k}").append(2).close()
        begin(name="discarded").append(2).discard()
        leftovers.check("files that were closed")

    def test_files_may_be_read_by_whom_the_settings_say(self, settings: Format, begin: Begin) -> None:
        """``mode``: of all files, from the beginning; folders may also be searched by whoever may read the files."""
        written = begin(given=self.changed(settings, mode=0o640)).append(2)
        written.flush()
        written.append(1)
        written.flush()
        _check_modes(written.path.parent, 0o640, 0o750)
        written.remove(0, 1)
        written.append(2).close()
        _check_modes(written.path.parent, 0o640, 0o750)

    def test_files_may_be_read_by_whom_the_umask_lets(self, begin: Begin) -> None:
        """Where the settings say nothing."""
        before = os.umask(0o027)
        try:
            written = begin().append(2).close()
        finally:
            os.umask(before)
        _check_modes(written.path.parent, 0o640, 0o750)

    def test_files_belong_to_the_group_of_the_settings(self, settings: Format, begin: Begin) -> None:
        """``group``: of all files and folders; it is one of this user's, any where the user is root."""
        group = _group()
        written = begin(given=self.changed(settings, group=group)).append(2)
        written.flush()
        written.append(2).close()
        others = [path for path in written.path.parent.rglob("*") if path.stat().st_gid != group]
        assert not others, f"{others} do not belong to the group {group}"

    def test_files_are_on_the_disk_where_the_settings_say_so(self, settings: Format, begin: Begin) -> None:
        """``durable="synced"``: fsync of each file with all that is in it, and of the folders that have their names."""
        with _recorded_syncs() as synced:
            written = begin(given=self.changed(settings, durable="synced"))
            for frames in (2, 3):
                written.append(frames).flush()
                _check_synced(written.path.parent, synced)

    def test_nothing_waits_for_the_disk_otherwise(self, settings: Format, begin: Begin) -> None:
        """``durable="readable"``: that would be slow, and nobody asked for it."""
        with _recorded_syncs() as synced:
            written = begin(given=self.changed(settings, durable="readable")).append(2)
            written.flush()
            written.append(2).close()
        assert not synced, f"fsync was called {len(synced)} times"

    def test_files_that_the_camera_saved_are_taken(self, settings: Format, begin: Begin, tmp_path: Path) -> None:
        """``adopt``, where each frame has a file: it is moved as it is, among those that are written."""
        if not self.is_series(settings):
            return
        saved = begin(name="saved").append(2).close()
        contents = [file.read_bytes() for file in self.files(saved.path)]
        written = begin(given=self.changed(settings, mode=0o600)).append(1)
        writer: Any = written.writer
        for k, file in enumerate(self.files(saved.path)):
            scratch = file.rename(tmp_path / f"by the camera {k}{file.suffix}")
            writer.adopt(scratch, about(k))
            assert not scratch.exists(), f"{scratch} is still there"
        written.rows += [Row(row.array, row.info) for row in saved.rows]
        written.flush()
        assert [file.read_bytes() for file in self.files(written.path)[1:]] == contents, "their contents were changed"
        self.check_file(written.close())
        _check_modes(written.path.parent, 0o600, 0o700)


def _check_modes(folder: Path, of_files: int, of_folders: int) -> None:
    for path in folder.rglob("*"):
        mode, expected = stat.S_IMODE(path.stat().st_mode), of_folders if path.is_dir() else of_files
        assert mode == expected, f"{path} has the mode {mode:o}, expected {expected:o}"


def _group() -> int:
    """A group that is not the one that files get by themselves, if there is one."""
    groups = {1} if os.geteuid() == 0 else set(os.getgroups())
    return min(groups - {os.getegid()}, default=os.getegid())


@contextmanager
def _recorded_syncs() -> Generator[dict[Identity, int]]:
    """What is synced, by identity, and how large it was then."""
    synced: dict[Identity, int] = {}

    def record(call: Any) -> Any:
        def recorded(file: Any) -> None:
            call(file)
            found = os.fstat(file if isinstance(file, int) else file.fileno())
            synced[found.st_dev, found.st_ino] = found.st_size

        return recorded

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            if hasattr(os, name):
                patch.setattr(os, name, record(getattr(os, name)))
        yield synced


def _check_synced(folder: Path, synced: dict[Identity, int]) -> None:
    for path in [folder, *folder.rglob("*")]:
        found = path.stat()
        size = synced.get((found.st_dev, found.st_ino))
        assert size is not None, f"{path} was not synced"
        assert path.is_dir() or size == found.st_size, (
            f"{path} had {size} bytes when it was synced, now {found.st_size}"
        )
