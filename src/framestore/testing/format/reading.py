"""Other processes read files while they are written."""

from concurrent.futures import Future
from typing import Any

from .elsewhere import OtherProcess
from .frames import Form
from .subject import Begin, FormatSubject

_FRAMES = 120


class ReadingTests(FormatSubject):
    """What was flushed can be read elsewhere: by plain tools, and by ``load``."""

    def test_another_process_reads_what_was_flushed(self, begin: Begin, elsewhere: OtherProcess) -> None:
        """All of it, each time; and when the file is closed."""
        written = begin()
        for frames in (1, 2, 1):
            written.append(frames).flush()
            found = elsewhere.call("read_path", str(written.path))
            self.check(found, written.rows, "what another process reads after flush", written.form)
        written.close()
        found = elsewhere.call("read_path", str(written.path))
        self.check(found, written.rows, "what another process reads after close", written.form)

    def test_another_process_loads_what_was_flushed(self, begin: Begin, elsewhere: OtherProcess) -> None:
        """By its documents."""
        written = begin(frames_per_point=2)
        for _ in range(3):
            written.append(2).flush()
            for family in ("stream", "datum"):
                found = elsewhere.call("load", self.documents(written, family))
                self.check(found, written.rows, f"what another process loads by {family} documents", written.form)

    def test_another_process_reads_what_was_not_taken_out(self, begin: Begin, elsewhere: OtherProcess) -> None:
        """And what came in its place."""
        written = begin().append(5)
        written.flush()
        self.check(elsewhere.call("read_path", str(written.path)), written.rows, "what was flushed", written.form)
        for first, frames, more in ((3, 2, 1), (1, 2, 3)):
            written.remove(first, frames)
            written.append(more).flush()
            found = elsewhere.call("load", self.documents(written))
            self.check(found, written.rows, f"what is left without rows {first} to {first + frames}", written.form)

    def test_another_process_reads_along(self, begin: Begin, elsewhere: OtherProcess) -> None:
        """At any moment it finds whole frames, at least those that were flushed when it began, and no others."""
        written = begin(Form(shape=(48, 64), dtype=self.form().dtype))
        flushed, reading, readings = 0, None, 0
        for k in range(_FRAMES):
            written.append().flush()
            if reading is None:
                flushed, reading = len(written.rows), elsewhere.begin("read_path", str(written.path))
            if reading.done() or k == _FRAMES // 2:
                self._check_reading(reading, written, flushed)
                reading, readings = None, readings + 1
        if reading is not None:
            self._check_reading(reading, written, flushed)
        assert readings, "nothing was read while it was written"

    def _check_reading(self, reading: "Future[Any]", written: Any, flushed: int) -> None:
        found = reading.result(60)
        frames = len(found)
        assert frames >= flushed, f"another process found {frames} frames, where {flushed} had been flushed"
        self.check(found, written.rows[:frames], "what another process reads along", written.form)
