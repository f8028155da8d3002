"""The sources pass the suites that users inherit for theirs."""

import doctest
import queue
import threading
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from adjustable import Adjustable
from PIL import Image

from framestore import Frame, Setting
from framestore.formats import SavedFiles
from framestore.sources import CallableSource, SavingSource, SimulatedSource, TriggerLine
from framestore.testing import FrameSaverTests, FrameSourceTests, KnownSource

ROOT = Path(__file__).parent.parent.parent


class TestCallableSource(FrameSourceTests):
    @pytest.fixture
    def source(self):
        buffer = np.zeros((6, 9), "uint16")  # the same memory each time

        def snap():
            buffer[:] += 1
            return buffer

        return CallableSource(snap)


class TestCallableSourceOfKnownForm(FrameSourceTests):
    def expected(self, frame):
        return np.arange(12.0)

    @pytest.fixture
    def source(self):
        return CallableSource(lambda: np.arange(12.0), shape=(12,), dtype="float64")


class TestCallableSourceWithSettings(FrameSourceTests):
    @pytest.fixture
    def source(self):
        sdk = {"exposure_ms": 1.5, "gain": 3, "mirrored": False, "binning": 1}
        return CallableSource(
            lambda: np.zeros((12 // sdk["binning"], 6), "uint8"),
            settings={
                "exposure_time": Setting(
                    get=lambda: sdk["exposure_ms"] / 1000,
                    set=lambda seconds: sdk.update(exposure_ms=round(seconds * 1000, 1)),
                    units="s",
                    limits=(0.0001, 2.0),
                ),
                "gain": Setting(get=lambda: sdk["gain"], set=lambda gain: sdk.update(gain=gain), limits=(0, 48)),
                "mirrored": Setting(get=lambda: sdk["mirrored"], set=lambda yes: sdk.update(mirrored=yes)),
                "binning": Setting(
                    get=lambda: sdk["binning"],
                    set=lambda binning: sdk.update(binning=binning),
                    limits=(1, 4),
                    while_staged=False,
                ),
            },
        )


class TestAdjustable(FrameSourceTests):
    """The source of the tests of settings is one."""

    @pytest.fixture
    def source(self):
        return Adjustable()


class TestSimulatedSource(FrameSourceTests):
    @pytest.fixture
    def source(self):
        return SimulatedSource((24, 32), seed=1)

    @pytest.fixture
    def starved_source(self):
        return SimulatedSource((24, 32), rate=0.01)


class TestSimulatedSourceWithARate(FrameSourceTests):
    frames = 20

    @pytest.fixture
    def source(self):
        return SimulatedSource((24, 32), rate=200, noise=False)


class TestSimulatedSourceThatIsFreeRunning(FrameSourceTests):
    frames = 20

    @pytest.fixture
    def source(self):
        return SimulatedSource((24, 32), rate=200, free_running=True, buffers=200)

    @pytest.fixture
    def starved_source(self):
        return SimulatedSource((24, 32), rate=0.01, free_running=True)


class TestSimulatedSourceWithATrigger(FrameSourceTests):
    frames = 20

    @pytest.fixture
    def line(self):
        return TriggerLine()

    @pytest.fixture
    def source(self, line):
        return SimulatedSource((24, 32), rate=200, trigger=line, noise=False)

    @pytest.fixture
    def starved_source(self, line):
        source = SimulatedSource((24, 32), trigger=line)
        source.settings["trigger_mode"].set("external_edge")
        return source

    @pytest.fixture
    def pulse(self, line):
        return lambda: line.pulse(0.005)


class TestKnownSource(FrameSourceTests):
    def expected(self, frame):
        return KnownSource().frame(frame.frame_id)

    @pytest.fixture
    def source(self):
        return KnownSource()


class NumbersOf16Bits(KnownSource):
    """As GigE Vision cameras have them: 65535 is followed by 1."""

    def next_frame(self, timeout):
        frame = super().next_frame(timeout)
        number = (65500 + frame.frame_id - 1) % 65535 + 1
        return Frame(frame.array, np.uint16(number), frame.timestamp)


class TestNumbersThatBeginAnew(FrameSourceTests):
    @pytest.fixture
    def source(self):
        return NumbersOf16Bits()


class Driver:
    """A camera that exposes on and on, and a thread that puts its frames into a queue."""

    shape, dtype, exposure_time = (8, 16), np.dtype("uint8"), 0.005
    free_running, reuses_buffers = True, False

    def __init__(self):
        self.known = KnownSource(self.shape, self.dtype)
        self.thread = None

    def start(self):
        self.frames, self.end = queue.SimpleQueue(), threading.Event()
        self.thread = threading.Thread(target=self.expose)
        self.thread.start()

    def expose(self):
        began = time.time()
        while not self.end.wait(self.exposure_time):
            frame = self.known.next_frame(1)
            self.frames.put(Frame(frame.array.copy(), frame.frame_id, began))
            began = time.time()

    def next_frame(self, timeout):
        try:
            return self.frames.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"no frame came within {timeout} s") from None

    def stop(self):
        if self.thread is not None:
            self.end.set()
            self.thread.join()


class TestDriverWithAQueue(FrameSourceTests):
    def expected(self, frame):
        return KnownSource().frame(frame.frame_id)

    @pytest.fixture
    def source(self):
        return Driver()

    @pytest.fixture
    def starved_source(self):
        driver = Driver()
        driver.exposure_time = 60.0
        return driver


class TestSavingSource(FrameSaverTests):
    format = "jpeg"

    @pytest.fixture
    def saver(self):
        known = KnownSource((16, 24))

        def acquire_image(filepath):
            array = known.next_frame(1).array
            Image.fromarray(array).save(filepath)
            return array.shape

        return SavingSource(acquire_image, (16, 24))


class TestSavingSourceOfAnotherFormat(FrameSaverTests):
    format: ClassVar = SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=np.load)

    @pytest.fixture
    def saver(self):
        known = KnownSource((7, 5), "float32")

        def acquire_image(filepath):
            array = known.next_frame(1).array
            np.save(filepath, array)
            return array.shape

        return SavingSource(acquire_image, (7, 5), "float32")


def from_the_documentation(page, name):
    """The class of that name, as the examples of a page define it."""
    examples = doctest.DocTestParser().get_examples((ROOT / "docs" / page).read_text())
    made = {}
    for example in examples:
        if example.source.startswith(("import numpy", "import time", "from framestore import", "class ")):
            exec(example.source, made)  # noqa: S102 - our own documentation
    return made[name]


class TestTheClassInTheDocumentation(FrameSourceTests):
    def expected(self, frame):
        return np.full((48, 64), frame.frame_id)

    @pytest.fixture
    def source(self):
        return from_the_documentation("how-to/wrap-a-camera.md", "DriverSource")()
