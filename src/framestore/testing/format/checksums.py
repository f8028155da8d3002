"""Checksums stand in the files, and tell damage."""

from pathlib import Path
from typing import Any

import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.frame_file import SummedFrames
from numpy.typing import NDArray

from framestore.formats import Format
from framestore.testing.round_trip import acquire

from .documents import KEY
from .frames import Form, GivenFrames, about
from .subject import NAME, Begin, FormatSubject
from .written import Row, StoredFrames

_FRAMES = 5
_CHANGED = 2
"""Number of the frame that is damaged."""


class ChecksumTests(FormatSubject):
    """What ``checksum="xxh3"`` brings; a format passes that has no such setting."""

    @pytest.fixture
    def summed(self, settings: Format) -> Format | None:
        """The format with checksums; None where it has none."""
        return self.changed(settings, checksum="xxh3") if hasattr(settings, "checksum") else None

    def test_each_frame_has_its_checksum(self, summed: Format | None, begin: Begin) -> None:
        """As xxhash makes it; ``load``'s file of frames says so, too. Of other byte orders, and of colour."""
        for dtype in (self.dtypes[-1], *self.colour_dtypes[-2:-1]) if summed else ():
            form = Form(shape=(6, 9) if dtype == self.dtypes[-1] else (6, 9, 3), dtype=np.dtype(dtype))
            written = begin(form, name=f"sums of {form.dtype.name}", given=summed, frames_per_point=_FRAMES)
            written.append(2 * _FRAMES).flush()
            written.remove(3, _FRAMES)
            self._check(written.close())

    def test_they_go_along_with_frames(self, summed: Format | None, begin: Begin) -> None:
        """To another file."""
        if summed is None:
            return
        first, second = (begin(name=name, given=summed, frames_per_point=1) for name in ("first", "second"))
        first.append(_FRAMES).copy_to(second, 2)
        first.remove(2, _FRAMES - 2)
        for written in (first, second):
            self._check(written.close())
            if self.read_info(written.path) is not None:
                self.check_numbers(written)

    def test_an_acquisition_makes_them(self, summed: Format | None, tmp_path: Path) -> None:
        """Of frames in buffers that the source refills, in bursts."""
        if summed is None:
            return
        form, path = self.form(), self.path(tmp_path / "acquired", summed)
        arrays = [form.frame(k, smooth=summed.lossy) for k in range(2 * _FRAMES)]
        rows = [Row(array.copy(), about(k)) for k, array in enumerate(arrays)]
        acquire(GivenFrames(arrays), summed, path, (_FRAMES, _FRAMES), 10, rest=0, frames_per_point=_FRAMES)
        self._check(StoredFrames(settings=summed, path=path, form=form, name=NAME, frames_per_point=_FRAMES, rows=rows))

    def test_a_bit_that_is_another_is_noticed(self, summed: Format | None, begin: Begin) -> None:
        """In the pixels of a frame: it cannot be read, or its checksum is not that which the file tells.

        It alone, where its pixels stand in the file as they are.
        """
        if summed is None:
            return
        form = Form(shape=(64, 96), dtype=self.form().dtype)
        written = begin(form, given=summed, frames_per_point=1).append(_FRAMES).close()
        if (damaged := self._damaged(written)) is None:
            return
        assert damaged == [], f"the frames {damaged} have other checksums than the file says"
        is_plain = _flip(written)
        damaged = self._damaged(written)
        assert damaged, "a bit of a frame was changed, and nobody noticed"
        assert damaged == [_CHANGED] or not is_plain, f"frame {_CHANGED} was changed, the frames {damaged} are wrong"

    def _check(self, written: StoredFrames) -> None:
        """Fail unless the checksums stand in the file that belong there, and all else is as without them."""
        self.check_file(written)
        self.check_loaded(written)
        made = list(self.make_checksums(written))
        found = self.read_checksums(written.path)
        assert found is not None, f"{type(self).__name__} has no read_checksums, though the format has the setting"
        assert list(found) == made, f"{written.form}: the file has the checksums {list(found)}, not {made}"
        compared = self._compared(written)
        if compared is None:
            return
        texts = [f"xxh3:{checksum:016x}" for checksum in made]
        assert compared == [(text, text) for text in texts], f"{written.form}: compared are {compared}, not {texts}"

    def _damaged(self, written: StoredFrames) -> list[int] | None:
        """Numbers of the frames that cannot be read, or have another checksum than the file says."""
        compared = self._compared(written)
        if compared is None:
            return None
        return [k for k, (said, found) in enumerate(compared) if said is None or said != found]

    def _compared(self, written: StoredFrames) -> list[tuple[str | None, str | None]] | None:
        """What the file says, and what was found, of each frame; nothing is found of one that cannot be read.

        None where a handler of one's own reads the files, which knows of no checksums.
        """
        stream = framestore_handlers.load(self.documents(written), handlers=self.handlers)["primary"]
        (segment,) = stream.frames(KEY).segments
        if not isinstance(segment.file, SummedFrames):
            assert self.handlers, f"{segment.file!r} has no method checksums"
            return None
        room = np.empty((1, *written.form.shape), written.form.dtype)
        return [_compared(segment.file, k, room) for k in range(len(written.rows))]


def _compared(file: SummedFrames, number: int, room: NDArray[Any]) -> tuple[str | None, str | None]:
    try:
        file.read_into(room, number)
    except OSError:
        return None, None
    return file.checksums(room, number)[0]


def _flip(written: StoredFrames) -> bool:
    """Change a bit of a frame: where its pixels stand as they are, or in the middle of the largest file; whether so."""
    pixels = written.rows[_CHANGED].array.tobytes()
    files = sorted(path for path in written.path.parent.rglob("*") if path.is_file())
    contents = {path: path.read_bytes() for path in files}
    holding = [path for path, content in contents.items() if pixels in content]
    path = holding[0] if holding else max(files, key=lambda path: path.stat().st_size)
    place = contents[path].index(pixels) + len(pixels) // 2 if holding else len(contents[path]) // 2
    _change(path, place)
    return bool(holding)


def _change(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1]))
