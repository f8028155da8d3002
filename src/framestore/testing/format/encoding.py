"""What makes the contents of frames, and in which memory."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from framestore.formats import Format

from .frames import Form, about
from .subject import Begin, FormatSubject
from .written import Row

_FRAMES = 12


class EncodingTests(FormatSubject):
    """Several threads encode, and memory is used again; a format without an encoder passes by writing the frames."""

    def test_what_threads_make_at_once_is_what_one_makes(self, settings: Format) -> None:
        """Byte for byte: they share nothing but what does not change."""
        form = Form(shape=(64, 96), dtype=self.form().dtype)
        encoder = settings.encoder(form.shape, form.dtype)
        if encoder is None:
            return
        size, together = encoder.scratch_bytes, threading.Barrier(4)

        def encode(k: int) -> bytes:
            frame = form.frame(k, smooth=settings.lossy)
            return _joined(encoder.encode(frame, about(k), np.empty(size, np.uint8)))

        def encode_all(_: int) -> list[bytes]:
            together.wait(10)
            return [encode(k) for k in range(_FRAMES)]

        alone = [encode(k) for k in range(_FRAMES)]
        with ThreadPoolExecutor(4) as threads:
            for made in threads.map(encode_all, range(4)):
                wrong = [k for k in range(_FRAMES) if made[k] != alone[k]]
                assert not wrong, f"threads that encode at once make something else of the frames {wrong}"

    def test_an_encoder_is_worth_a_thread(self, settings: Format) -> None:
        """It says how many threads it is worth, and how much scratch it wants."""
        encoder = settings.encoder(self.form().shape, self.form().dtype)
        if encoder is not None:
            assert encoder.threads >= 1, f"it is worth {encoder.threads} threads"
            assert encoder.scratch_bytes >= 0, f"it wants {encoder.scratch_bytes} bytes"

    def test_frames_are_not_changed(self, settings: Format, begin: Begin) -> None:
        """The array belongs to the camera, or to others who look at it; it may be read-only."""
        written, form = begin(), self.form()
        encoder = settings.encoder(form.shape, form.dtype)
        scratch = np.empty(encoder.scratch_bytes if encoder else 0, np.uint8)
        for k in range(3):
            row = Row(form.frame(k, smooth=settings.lossy), about(k))
            array = row.array.copy()
            array.flags.writeable = False
            written.writer.append(encoder.encode(array, row.info, scratch) if encoder else array, row.info)
            written.rows.append(row)
            assert array.tobytes() == row.array.tobytes(), f"frame {k} was changed"
        self.check_file(written.close())

    def test_memory_is_used_again(self, begin: Begin) -> None:
        """What `append` was given is not looked at after it has returned, be it flushed or not."""
        written = begin(Form(shape=(64, 96), dtype=self.form().dtype))
        for frames in (1, 3, 2):
            written.append(frames)  # spoils the frame and the scratch each time
            written.flush()
        self.check_file(written.append(2).close())

    def test_several_contents_wait_to_be_written(self, settings: Format, begin: Begin) -> None:
        """Each in a scratch of its own, as where threads are ahead of the disk."""
        written, form = begin(), self.form()
        encoder = settings.encoder(form.shape, form.dtype)
        rows = [Row(form.frame(k, smooth=settings.lossy), about(k)) for k in range(_FRAMES)]
        contents: list[Any] = [row.array for row in rows]
        if encoder is not None:
            size = encoder.scratch_bytes
            contents = [encoder.encode(row.array, row.info, np.empty(size, np.uint8)) for row in rows]
        for content, row in zip(contents, rows, strict=True):
            written.writer.append(content, row.info)
        written.rows += rows
        self.check_file(written.close())


def _joined(content: Any) -> bytes:
    """The bytes of a content, which may be a list of buffers."""
    parts: list[Any] = list(content) if isinstance(content, list | tuple) else [content]
    return b"".join(part.tobytes() if isinstance(part, np.ndarray) else bytes(part) for part in parts)
