"""Frames of every form go into files, and come back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from framestore_handlers import handler_registry

from framestore.formats import Format
from framestore.frame import FrameInfo

from .frames import COLOUR, DTYPES, EMPTY, MONO, Form, about
from .subject import Begin, FormatSubject
from .written import Row, WrittenFile


class HoldingTests(FormatSubject):
    """What a format holds, and that it comes back as it was."""

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_it_holds_what_it_says(self, settings: Format, dtype: str) -> None:
        """``check`` refuses all else, with a ValueError that names what it got."""
        for shape in self.shapes:
            form = Form(shape=shape, dtype=np.dtype(dtype))
            refusal = _refusal(settings, form)
            if refusal is not None:
                for part in (str(shape), str(form.dtype)):
                    assert part in refusal, f"{form} are refused by {refusal!r}, which does not name {part}"
            if shape in EMPTY:
                assert refusal is not None, f"{form} are taken, which have no pixel"
            for shapes, dtypes in ((MONO, self.dtypes), (COLOUR, self.colour_dtypes)):
                if shape in shapes:
                    said = "holds" if dtype in dtypes else "does not hold"
                    assert (refusal is None) == (dtype in dtypes), f"{form}: the suite says that it {said} them"

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_frames_come_back_as_they_were(self, settings: Format, begin: Begin, dtype: str) -> None:
        """Through a reader that is not framestore's, and through ``load``; what is refused cannot."""
        for shape in self.shapes:
            form = Form(shape=shape, dtype=np.dtype(dtype))
            if _refusal(settings, form) is None:
                written = begin(form, name=f"frames of {'x'.join(map(str, shape))}").append(3).close()
                self.check_file(written)
                self.check_loaded(written, "stream")

    @pytest.mark.parametrize("frames_per_point", [1, 3])
    @pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
    def test_the_handler_gives_each_point(self, begin: Begin, frames_per_point: int, *, colour: bool) -> None:
        """As databroker calls it, with ``resource_kwargs`` of the layout; so does ``load``."""
        for dtype in self.colour_dtypes if colour else self.dtypes:
            form = Form(shape=(6, 9, 3) if colour else (6, 9), dtype=np.dtype(dtype))
            written = begin(form, name=f"points of {form.dtype.name}_{dtype[:1]}", frames_per_point=frames_per_point)
            written.append(2 * frames_per_point).close()
            self._check_handler(written)
            self.check_loaded(written)
            self.check_file(written)

    def test_one_frame(self, begin: Begin) -> None:
        """A run of one."""
        written = begin().append().close()
        self.check_file(written)
        self.check_loaded(written)

    def test_many_frames(self, begin: Begin) -> None:
        """A long run: none is lost, and none comes twice."""
        written = begin(Form(shape=(2, 3), dtype=self.form().dtype))
        for _ in range(10):
            written.append(self.many // 10).flush()
        written.close()
        self.check_file(written)
        self.check_loaded(written, "stream")

    def test_the_numbers_of_each_frame(self, begin: Begin) -> None:
        """Its id, its timestamp and its exposure time stand in the file, where the suite has ``read_info``."""
        self.check_numbers(begin().append(8).close())

    def test_an_exposure_time_that_is_not_known(self, begin: Begin) -> None:
        """It is 0 in the file as well, or not there."""
        written = begin()
        for k in range(2):
            info = FrameInfo(frame_id=k, timestamp=about(k).timestamp)
            written.append_row(Row(written.form.frame(k, smooth=written.settings.lossy), info))
        self.check_numbers(written.close())

    def test_files_are_no_smaller_than_said(self, settings: Format, begin: Begin) -> None:
        """``least_bytes`` of a frame: what a disk must have room for at least."""
        form = Form(shape=(33, 18), dtype=self.form().dtype)
        written = begin(form).append(30).close()
        size = sum(file.stat().st_size for file in written.path.parent.rglob("*") if file.is_file())
        least = settings.least_bytes(form.shape, form.dtype)
        assert 0 <= 30 * least <= size, f"30 frames of at least {least} bytes take {size}"

    def test_each_file_can_be_read_by_itself(self, settings: Format, begin: Begin) -> None:
        """By ``read_back``, where each frame has a file: so files are checked that a camera has saved."""
        written = begin().append(3).close()
        if not hasattr(settings, "read_back"):
            assert not self.is_series(settings), f"{settings!r} has a file a frame, and no read_back"
            return
        form: Any = settings
        found = np.array([form.read_back(file) for file in self.files(written.path)])
        self.check(found, written.rows, "what read_back finds", written.form)

    def _check_handler(self, written: WrittenFile) -> None:
        """Fail unless the handler that is registered for the format's spec gives all points."""
        frames, layout, form = written.frames_per_point, written.settings.layout, written.form
        make: Any = {**handler_registry, **self.handlers}[layout.spec]
        place = Path(written.path.parent, layout.resource_name(written.name))
        handler = make(str(place), **layout.resource_kwargs(written.name, frames))
        points = [handler(point_number=k) for k in range(len(written.rows) // frames)]
        said = (frames, *form.shape)
        for point in points:
            assert point.shape == said, f"{form}: a point is {point.shape} {point.dtype}, not {said}"
        self.check(np.concatenate([np.asarray(point) for point in points]), written.rows, "the handler", form)


def _refusal(settings: Format, form: Form) -> str | None:
    try:
        settings.check(form.shape, form.dtype)
    except ValueError as error:
        return str(error)
    return None
