"""Formats with one fault each; of the suite, each inherits what is to find it."""

import io
import os
import struct
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pytest
from framestore_handlers import SeriesHandler
from framestore_handlers.layout import SeriesLayout

from framestore.formats import FileSettings, SeriesWriter
from framestore.frame import FrameInfo
from framestore.testing import FormatTests

LAYOUT = SeriesLayout(name="npy", spec="NPY", mimetype="multipart/related;type=application/x-npy", suffix=".npy")
NUMBERS = struct.Struct("<qdd")
HELD = ("uint8", "uint16")


class Handler(SeriesHandler):
    specs = frozenset({LAYOUT.spec})
    read_frame = staticmethod(np.load)


def content(array, info):
    """The array, and behind it what else is known."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue() + NUMBERS.pack(info.frame_id, info.timestamp, info.exposure_time)


class Encoder:
    scratch_bytes = 0
    threads = 1

    def encode(self, array, info, scratch):
        return content(array, info)


@dataclass(frozen=True, kw_only=True)
class Good(FileSettings):
    """What the others are but for one thing."""

    layout = LAYOUT
    lossy = False
    Writer = SeriesWriter
    Encoder = Encoder

    def check(self, shape, dtype):
        if dtype.str[1:] not in {"u1", "u2"} or dtype.str[0] == ">" or len(shape) not in {2, 3} or min(shape) < 1:
            msg = f"cannot hold frames of shape {shape} and dtype {dtype}; only images of uint8 and uint16"
            raise ValueError(msg)

    def least_bytes(self, shape, dtype):
        return int(np.prod(shape)) * dtype.itemsize

    def encoder(self, shape, dtype):
        return self.Encoder()

    def writer(self, path, contents):
        return self.Writer(path, self)

    def read_back(self, path):
        return np.load(path)


class Tests(FormatTests):
    dtypes = colour_dtypes = HELD
    handlers = {LAYOUT.spec: Handler, LAYOUT.mimetype: Handler}  # noqa: RUF012 - nobody changes it
    Kind = Good

    @pytest.fixture
    def settings(self):
        return self.Kind()

    def read(self, path):
        return np.array([np.load(file) for file in self.files(path)])

    def read_info(self, path):
        rows = [NUMBERS.unpack(file.read_bytes()[-NUMBERS.size :]) for file in self.files(path)]
        return [FrameInfo(frame_id=row[0], timestamp=row[1], exposure_time=row[2]) for row in rows]


class TestHasNoFault(Tests):
    pass


class TestTakesWhatItCannotHold(Tests):
    class Kind(Good):
        def check(self, shape, dtype):
            pass


class TestRefusesWithoutReason(Tests):
    class Kind(Good):
        def check(self, shape, dtype):
            try:
                super().check(shape, dtype)
            except ValueError as error:
                raise ValueError("no") from error


class TestCasts(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def encode(self, array, info, scratch):
                return content(array.astype("uint16"), info)


class TestSwapsColours(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def encode(self, array, info, scratch):
                return content(array[..., ::-1] if array.ndim == 3 else array, info)


class TestKeepsShortIds(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def encode(self, array, info, scratch):
                return content(array, FrameInfo(frame_id=info.frame_id % 2**32, timestamp=info.timestamp))


class TestMakesUpExposureTimes(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def encode(self, array, info, scratch):
                seconds = info.exposure_time or 1.0
                return content(
                    array, FrameInfo(frame_id=info.frame_id, timestamp=info.timestamp, exposure_time=seconds)
                )


class TestForgetsChecksums(Tests):
    @dataclass(frozen=True, kw_only=True)
    class Kind(Good):
        checksum: str | None = None


class TestLosesAFrame(Tests):
    many = 1000

    class Kind(Good):
        class Writer(SeriesWriter):
            count = 0

            def append(self, content, info):
                self.count += 1
                if self.count != 700:
                    super().append(content, info)


class TestHandlerCountsFromOne(Tests):
    class Wrong(Handler):
        def __call__(self, point_number):
            return super().__call__(point_number or 1)

    handlers = {LAYOUT.spec: Wrong, LAYOUT.mimetype: Handler}  # noqa: RUF012 - nobody changes it


class TestHandlerCasts(Tests):
    class Wrong(Handler):
        read_frame = staticmethod(lambda path: np.load(path).astype("float64"))

    handlers = {LAYOUT.spec: Wrong, LAYOUT.mimetype: Wrong}  # noqa: RUF012 - nobody changes it


class TestPromisesTooMuch(Tests):
    class Kind(Good):
        def least_bytes(self, shape, dtype):
            return 2 * super().least_bytes(shape, dtype)


class TestReadsBackAnother(Tests):
    class Kind(Good):
        def read_back(self, path):
            return np.load(path)[::-1]


class TestRemovesTheLast(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def remove(self, first, frames):
                super().remove(self._next - frames, frames)


class TestRemovesNothing(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def remove(self, first, frames):
                pass


class TestCopiesAll(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def copy_to(self, other, first):
                super().copy_to(other, 0)


class TestCountsWhatItEncodes(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            count = 0

            def encode(self, array, info, scratch):
                self.count += 1
                return super().encode(array, info, scratch) + str(self.count).encode() + b" " * 64


class TestHasNoThreads(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            threads = 0


class TestChangesFrames(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def encode(self, array, info, scratch):
                made = content(array, info)
                array[...] = 0
                return made


class TestKeepsWhatItWasGiven(Tests):
    class Kind(Good):
        def encoder(self, shape, dtype):
            return None

        class Writer(SeriesWriter):
            def __init__(self, path, settings):
                super().__init__(path, settings)
                self.waiting = []

            def append(self, array, info):
                self.waiting.append((array, info))

            def flush(self):
                while self.waiting:
                    array, info = self.waiting.pop(0)
                    super().append(content(array, info), info)
                super().flush()

            def close(self):
                self.flush()
                super().close()


class TestSharesItsScratch(Tests):
    class Kind(Good):
        class Encoder(Encoder):
            def __init__(self):
                self.memory = bytearray(2**16)

            def encode(self, array, info, scratch):
                made = content(array, info)
                self.memory[: len(made)] = made
                return memoryview(self.memory)[: len(made)]


class TestOverwrites(Tests):
    class Kind(Good):
        def writer(self, path, contents):
            path.with_name(path.name.format(0)).unlink(missing_ok=True)
            return super().writer(path, contents)


class TestLeavesAnEmptyFile(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def close(self):
                super().close()
                if not self._next:
                    self._path(0).touch()


class TestDiscardsNothing(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def discard(self):
                self.close()


class TestLeavesAFile(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def close(self):
                super().close()
                (self._folder / ".index").touch()


class TestLeavesAThread(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def close(self):
                super().close()
                threading.Thread(target=time.sleep, args=(5,), name="writer", daemon=True).start()


class TestLeavesFilesOpen(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def close(self):
                super().close()
                os.open(self._folder, os.O_RDONLY)


class TestIgnoresModeAndGroup(Tests):
    class Kind(Good):
        def own(self, path):
            pass


class TestMakesPrivateFiles(Tests):
    class Kind(Good):
        def own(self, path):
            super().own(path)
            if self.mode is None:
                path.chmod(0o600)


class TestSyncsNothing(Tests):
    class Kind(Good):
        def sync(self, file):
            pass


class TestSyncsNoNames(Tests):
    class Kind(Good):
        def sync_folder(self, folder):
            pass


class TestSyncsAlways(Tests):
    class Kind(Good):
        def sync(self, file):
            os.fsync(file)


class TestEncodesSavedFilesAgain(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def adopt(self, path, info):
                path.write_bytes(content(np.load(path), info) + b"again")
                super().adopt(path, info)


class TestWritesWhenItIsClosed(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def __init__(self, path, settings):
                super().__init__(path, settings)
                self.waiting = []

            def append(self, content, info):
                self.waiting.append((content, info))

            def close(self):
                for content, info in self.waiting:
                    super().append(content, info)
                self.waiting = []
                super().close()


class TestWritesInPieces(Tests):
    class Kind(Good):
        class Writer(SeriesWriter):
            def append(self, content, info):
                path = self._path(self._next)
                with path.open("xb") as file:
                    file.write(content[:200])
                    file.flush()
                    time.sleep(0.02)
                    file.write(content[200:])
                self._next += 1
                self._placed = self._next


class TestCanBeChanged(Tests):
    class Kind:
        def __init__(self, **settings):
            self.good = Good(**settings)

        def __getattr__(self, name):
            return getattr(self.good, name)

    def changed(self, settings, **changes):
        return self.Kind(**changes)


class TestEqualsNothing(Tests):
    class Kind(Good):
        __eq__, __hash__ = object.__eq__, object.__hash__


class TestCannotBePickled(Tests):
    @dataclass(frozen=True, kw_only=True)
    class Kind(Good):
        lock: object = field(default_factory=threading.Lock)


class TestSaysNothingOfItself(Tests):
    class Kind(Good):
        def __repr__(self):
            return "a format"


class TestTakesNonsense(Tests):
    class Kind(Good):
        def __post_init__(self):
            pass


class TestTakesValuesByPosition(Tests):
    @dataclass(frozen=True)
    class Kind(Good):
        durable: str = "readable"


class TestHasASuffixWithoutADot(Tests):
    class Kind(Good):
        layout = SeriesLayout(name="npy", spec="NPY", mimetype="application/x-npy", suffix="npy")


class TestHidesThatItIsLossy(Tests):
    loss = 3


class TestIsNoFormat(Tests):
    class Kind(Good):
        layout = property()
