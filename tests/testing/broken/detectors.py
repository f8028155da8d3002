"""Detectors with one fault each; of the suite, each inherits what is to find it."""

import threading
import time

import numpy as np
from ophyd.status import DeviceStatus

from framestore import Frame
from framestore.ophyd import Camera
from framestore.testing.detector import FaultTests, InterruptionTests, RefusalTests, ScanTests


class Ophyd:
    Kind = Camera

    Wrap = staticmethod(lambda source: source)

    def make_detector(self, source, path_provider, **settings):
        return self.Kind(self.Wrap(source), path_provider, **settings)

    def data_key(self, name):
        return f"{name}_image"

    def mean_key(self, name):
        return f"{name}_mean"


class Wrapped:
    """A source around another."""

    shape, dtype = property(lambda self: self.source.shape), property(lambda self: self.source.dtype)

    def __init__(self, source):
        self.source = source

    def start(self):
        self.source.start()

    def next_frame(self, timeout):
        return self.source.next_frame(timeout)

    def stop(self):
        self.source.stop()


class TestLosesAFrame(Ophyd, ScanTests):
    """And gives the others new numbers, so that nobody sees it."""

    class Wrap(Wrapped):
        count = -1

        def next_frame(self, timeout):
            self.count += 1
            frame = super().next_frame(timeout)
            if frame.frame_id == 2:
                frame = super().next_frame(timeout)
            return Frame(frame.array, self.count, frame.timestamp)


class TestCountsOnAfterAPause(Ophyd, InterruptionTests):
    """The point that is taken again has a new index, and the one that was dropped leaves a gap."""

    class Kind(Camera):
        pauses = 0

        def pause(self):
            super().pause()
            self.pauses += 1

        def collect_asset_docs(self, index=None):
            for name, document in super().collect_asset_docs(index):
                if name == "stream_datum":
                    document["indices"] = {key: n + self.pauses for key, n in document["indices"].items()}
                yield name, document


class TestEmitsNoDatumTheSecondTime(Ophyd, ScanTests):
    class Kind(Camera):
        calls = 0

        def collect_asset_docs(self, index=None):
            self.calls += 1
            pairs = list(super().collect_asset_docs(index))
            yield from pairs if self.calls != 2 else pairs[:0]


class TestHidesErrors(Ophyd, FaultTests):
    class Wrap(Wrapped):
        def next_frame(self, timeout):
            try:
                return super().next_frame(timeout)
            except ConnectionError:
                return Frame(np.zeros(self.shape, self.dtype), self.source.count, time.time())


class TestTellsOfAnotherError(Ophyd, FaultTests):
    class Wrap(Wrapped):
        def next_frame(self, timeout):
            try:
                return super().next_frame(timeout)
            except ConnectionError:
                raise TimeoutError("no frame came") from None


class TestNeverEnds(Ophyd, ScanTests):
    plan_timeout = 1.0

    class Kind(Camera):
        def trigger(self):
            return DeviceStatus(self)


class TestRefusesNothing(Ophyd, RefusalTests):
    class Kind(Camera):
        def trigger(self):
            try:
                return super().trigger()
            except RuntimeError:
                status = DeviceStatus(self)
                status.set_finished()
                return status

        def stage(self):
            return super().stage() if self._stagings.last is None or self._stagings.last.closed else [self]


class TestLeavesAThread(Ophyd, ScanTests):
    class Kind(Camera):
        def stage(self):
            threading.Thread(target=threading.Event().wait, name=f"{self.name} poll", daemon=True).start()
            return super().stage()
