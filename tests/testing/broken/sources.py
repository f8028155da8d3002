"""Sources with one fault each."""

import os
import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from framestore import Frame, Setting
from framestore.sources import SimulatedSource, TriggerLine
from framestore.testing import FrameSourceTests, KnownSource


class Tests(FrameSourceTests):
    Kind = KnownSource
    frames = 20

    def expected(self, frame):
        return KnownSource().frame(frame.frame_id)

    @pytest.fixture
    def source(self):
        return self.Kind()


class Changed(KnownSource):
    """A source of which one thing is different."""

    def next_frame(self, timeout):
        return self.change(super().next_frame(timeout))


class TestRepeatsAnId(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array, min(frame.frame_id, 4), frame.timestamp)

    def expected(self, frame):
        return None


class TestLosesAFrame(Tests):
    class Kind(KnownSource):
        def start(self):
            self.lose(self.count + 4)


class TestNumbersByFractions(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array, frame.frame_id / 2, frame.timestamp)


class TestChangesArraysThatItClaimsStable(Tests):
    class Kind(KnownSource):
        reuses_buffers = False


class TestChangesAnArrayBeforeItIsAskedAgain(Tests):
    class Kind(Changed):
        def start(self):
            self.timer = None

        def change(self, frame):
            self.timer = threading.Timer(0.01, frame.array.fill, (1,))
            self.timer.start()
            return frame

        def stop(self):
            if self.timer:
                self.timer.join()


class TestGivesAnotherDtype(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array.astype("uint16"), frame.frame_id, frame.timestamp)


class TestGivesAList(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array.tolist(), frame.frame_id, frame.timestamp)


class TestKnowsNoShape(Tests):
    class Kind(KnownSource):
        def __init__(self):
            super().__init__()
            self.shape = ()

        def next_frame(self, timeout):
            return Frame(np.zeros((), "u1"), 0, time.time())

    def expected(self, frame):
        return None


class TestGivesAnotherPattern(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array[::-1], frame.frame_id, frame.timestamp)


class TestCountsMilliseconds(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array, frame.frame_id, frame.timestamp * 1000)


class TestHasAnotherClock(Tests):
    class Kind(Changed):
        def change(self, frame):
            return Frame(frame.array, frame.frame_id, time.monotonic())


class TestExposesAhead(Tests):
    """Each frame began when the one before was given."""

    class Kind(Changed):
        def start(self):
            self.began = time.time()

        def change(self, frame):
            began, self.began = self.began, time.time()
            return Frame(frame.array, frame.frame_id, began)


class TestBlocksWithoutAFrame(Tests):
    @pytest.fixture
    def starved_source(self):
        source = KnownSource()
        source.at(0, lambda: threading.Event().wait(60))
        return source


class TestHoldsALockWhileItExposes(Tests):
    class Kind(KnownSource):
        lock = threading.Lock()
        entered = None

        def start(self):
            self.entered = time.monotonic()

        def next_frame(self, timeout):
            with self.lock:
                if self.entered:
                    time.sleep(1)
                    self.entered = None
                return super().next_frame(timeout)

        @property
        def exposure_time(self):
            with self.lock:
                return 0.0


class TestCannotBeStartedAgain(Tests):
    class Kind(KnownSource):
        starts = 0

        def start(self):
            self.starts += 1
            if self.starts > 1:
                raise OSError("the camera is open already")


class TestStopNeedsAStart(Tests):
    class Kind(KnownSource):
        def start(self):
            self.handle = 1

        def stop(self):
            del self.handle


class TestLeavesAThread(Tests):
    class Kind(KnownSource):
        def start(self):
            threading.Thread(target=threading.Event().wait, name="poll", daemon=True).start()


class TestLeavesAFileOpen(Tests):
    class Kind(KnownSource):
        def __init__(self):
            super().__init__()
            self.files = []

        def start(self):
            self.files.append(os.open(os.devnull, os.O_RDONLY))


class TestRepeatsAFrameAfterAPause(Tests):
    class Kind(KnownSource):
        last = 0.0

        def next_frame(self, timeout):
            if self.count and time.monotonic() - self.last > 0.09:
                self.count -= 1
            self.last = time.monotonic()
            return super().next_frame(timeout)


class WithGain(KnownSource):
    """A source that has a gain as it should be, for the faults to come."""

    while_staged = True
    limits: tuple = (1.0, 9.0)

    def __init__(self):
        super().__init__()
        self.gain = 2.0

    @property
    def settings(self):
        return {
            "gain": Setting(
                get=lambda: self.gain, set=self.set_gain, limits=self.limits, while_staged=self.while_staged
            )
        }

    def set_gain(self, value):
        self.gain = value


class TestSettingRefusesItsLimit(Tests):
    class Kind(WithGain):
        def set_gain(self, value):
            if value == 9:
                raise ValueError("too much")


class TestSettingForgetsItsValue(Tests):
    class Kind(WithGain):
        def set_gain(self, value):
            pass


class TestSettingIsOutsideOfItsLimits(Tests):
    class Kind(WithGain):
        limits = (3.0, 9.0)


class TestSettingIsAList(Tests):
    class Kind(WithGain):
        def __init__(self):
            super().__init__()
            self.gain = [2.0]


class TestSettingHangs(Tests):
    frame_timeout = 0.2

    class Kind(WithGain):
        def set_gain(self, value):
            threading.Event().wait(60)


class TestSettingChangesTheShapeOfAStagedSource(Tests):
    class Kind(WithGain):
        def set_gain(self, value):
            super().set_gain(value)
            KnownSource.__init__(self, (8, int(value) + 8))

    def expected(self, frame):
        return None


class TestSettingChangesTheShapeUnannounced(Tests):
    class Kind(WithGain):
        while_staged = False

        def next_frame(self, timeout):
            frame = super().next_frame(timeout)
            return Frame(frame.array[:, : int(self.gain * 4)], frame.frame_id, frame.timestamp)

    def expected(self, frame):
        return None


class TestExposureTimeIsInMilliseconds(Tests):
    class Kind(KnownSource):
        seconds = 0.01

        @property
        def exposure_time(self):
            return self.seconds * 1000

        @property
        def settings(self):
            return {
                "exposure_time": Setting(
                    get=lambda: self.seconds, set=partial(setattr, self, "seconds"), units="s", limits=(0.0, 1.0)
                )
            }


class TestExposureTimeSaysOtherUnits(Tests):
    class Kind(KnownSource):
        @property
        def settings(self):
            return {"exposure_time": Setting(get=lambda: 10.0, set=print, units="ms")}


class TriggerTests(FrameSourceTests):
    frame_timeout = 0.5

    @pytest.fixture
    def line(self):
        return TriggerLine()

    @pytest.fixture
    def source(self, line):
        return self.Kind((4, 6), trigger=line)

    @pytest.fixture
    def pulse(self, line):
        return lambda: line.pulse(0.001)


class TestHeedsEverySecondTrigger(TriggerTests):
    class Kind(SimulatedSource):
        def next_frame(self, timeout):
            super().next_frame(timeout)
            return super().next_frame(timeout)


class TestHasTheTimeOfTheReadout(TriggerTests):
    class Kind(SimulatedSource):
        def next_frame(self, timeout):
            frame = super().next_frame(timeout)
            return Frame(frame.array, frame.frame_id, frame.timestamp + 0.1)


class TestNumbersOneFrameOnly(TriggerTests):
    class Kind(SimulatedSource):
        def next_frame(self, timeout):
            frame = super().next_frame(timeout)
            return Frame(frame.array, 0, frame.timestamp)


class TestForgetsTriggersBeforeItIsAsked(TriggerTests):
    class Kind(SimulatedSource):
        def next_frame(self, timeout):
            gain = self.settings["gain"]
            if self.settings["trigger_mode"].get() != "internal":
                gain = self.settings["exposure_time"]  # which breaks off, and forgets
            gain.set(gain.get())
            return super().next_frame(timeout)


class TestNeedsNoTrigger(TriggerTests):
    class Kind(KnownSource):
        def __init__(self, shape, trigger):
            super().__init__(shape)
            self.mode = "internal"

        @property
        def settings(self):
            return {
                "trigger_mode": Setting(
                    get=lambda: self.mode, set=partial(setattr, self, "mode"), choices=("internal", "external_edge")
                )
            }


class TestGivesTriggeredFramesLate(TriggerTests):
    class Kind(SimulatedSource):
        late = None

        @property
        def settings(self):
            settings = super().settings
            mode = settings["trigger_mode"]

            def change(value):
                if value == "internal" != mode.get():
                    self.late = super(type(self), self).next_frame(0.5)
                mode.set(value)

            return {**settings, "trigger_mode": replace(mode, set=change)}

        def next_frame(self, timeout):
            late, self.late = self.late, None
            return late or super().next_frame(timeout)


class TestSpeaksOfItsLines(TriggerTests):
    class Kind(KnownSource):
        def __init__(self, shape, trigger):
            super().__init__(shape)

        @property
        def settings(self):
            return {"trigger_mode": Setting(get=lambda: "Line1", set=print, choices=("Software", "Line1"))}
