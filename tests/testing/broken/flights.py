"""Detectors that fly, with one fault each; of the suite, each inherits what is to find it."""

import shutil
import threading
import time
import uuid
from pathlib import Path

import detectors
import h5py
from detectors import Wrapped
from ophyd.status import DeviceStatus

from framestore import Frame
from framestore.ophyd import Camera
from framestore.testing.detector import FlyFaultTests, FlyInterruptionTests, FlyTests


class Ophyd(detectors.Ophyd):
    def make_detector(self, source, path_provider, **settings):
        return super().make_detector(source, path_provider, **{"frame_timeout": 2.0, **settings})


def finished(device):
    """A Status that is done, whatever happens."""
    status = DeviceStatus(device)
    status.set_finished()
    return status


class LosesAFrame(Wrapped):
    """And gives the others new numbers, so that nobody sees it."""

    count = -1

    def next_frame(self, timeout):
        self.count += 1
        frame = super().next_frame(timeout)
        if frame.frame_id in {2, 4}:
            frame = super().next_frame(timeout)
        return Frame(frame.array, self.count, frame.timestamp)


class TestLosesAFlownFrame(Ophyd, FlyTests, FlyFaultTests):
    Wrap = LosesAFrame


class TestEmitsAResourceTooMany(Ophyd, FlyTests):
    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            for name, document in super().collect_asset_docs(index):
                if name == "stream_resource":
                    yield name, {**document, "uid": str(uuid.uuid4())}
                yield name, document


class TestEmitsDocumentsAtTheEnd(Ophyd, FlyTests):
    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            flight = self._stagings.last.flight
            if flight is None or flight.is_over:
                yield from super().collect_asset_docs(index)


class TestEmitsDocumentsTooEarly(Ophyd, FlyTests):
    """Of points that have not landed."""

    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            for name, document in super().collect_asset_docs(index):
                if name == "stream_datum":
                    document["indices"]["stop"] += 1
                yield name, document


class TestCopiesItsFileAtTheEnd(Ophyd, FlyTests):
    """To where its documents say that it is."""

    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            for name, document in super().collect_asset_docs(index):
                if name == "stream_resource":
                    document["uri"] = document["uri"].replace(".h5", ".copy.h5")
                yield name, document

        def unstage(self):
            unstaged, path = super().unstage(), Path(self.file_path.get())
            if path.is_file():
                shutil.copy(path, path.with_suffix(".copy.h5"))
            return unstaged


class TestGoesOnWhenItIsCompleted(Ophyd, FlyTests):
    class Kind(Camera):
        def complete(self):
            return finished(self)


class TestIgnoresTheIndex(Ophyd, FlyTests):
    """Up to which documents are wanted, since the other detector is slower."""

    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            return super().collect_asset_docs()


class TestTakesNumbersOnly(Ophyd, FlyTests):
    class Kind(Camera):
        def prepare(self, value):
            return super().prepare(int(value))


class TestDescribesAMean(Ophyd, FlyTests):
    """Which only events could have."""

    class Kind(Camera):
        def describe_collect(self):
            return {**super().describe_collect(), **self.mean.describe()}


class TestDescribesSingleFrames(Ophyd, FlyTests):
    class Kind(Camera):
        def describe_collect(self):
            return {
                key: {**data_key, "shape": [1, *data_key["shape"][1:]]}
                for key, data_key in super().describe_collect().items()
            }


class TestCountsFromZeroInEachFlight(Ophyd, FlyTests):
    class Kind(Camera):
        first = 0

        def kickoff(self):
            self.first = self.get_index()
            return super().kickoff()

        def collect_asset_docs(self, index=None):
            for name, document in super().collect_asset_docs(index):
                if name == "stream_datum":
                    document["indices"] = {key: n - self.first for key, n in document["indices"].items()}
                yield name, document


class TestKeepsItsResource(Ophyd, FlyTests):
    """In another stream, too."""

    def make_detector(self, source, path_provider, **settings):
        camera = super().make_detector(source, path_provider, **settings)
        camera._documents.announce = lambda: None
        return camera


class TestNeedsASecondCollect(Ophyd, FlyTests):
    class Kind(Camera):
        calls = 0

        def collect_asset_docs(self, index=None):
            self.calls += 1
            if self.calls > 1:
                yield from super().collect_asset_docs(index)


class TestLeavesAThreadOfEachFlight(Ophyd, FlyTests):
    class Kind(Camera):
        def kickoff(self):
            threading.Thread(target=threading.Event().wait, name=f"{self.name} flight", daemon=True).start()
            return super().kickoff()


class TestRefusesNothingInFlight(Ophyd, FlyTests):
    class Kind(Camera):
        def kickoff(self):
            try:
                return super().kickoff()
            except RuntimeError:
                return finished(self)

        def complete(self):
            try:
                return super().complete()
            except RuntimeError:
                return finished(self)


class TestCountsOnAfterAPausedFlight(Ophyd, FlyInterruptionTests):
    Kind = detectors.TestCountsOnAfterAPause.Kind


class TestRepeatsAPointAfterAPause(Ophyd, FlyInterruptionTests):
    """The one that was taken last before it."""

    class Wrap(Wrapped):
        repeats, count = False, -1

        def next_frame(self, timeout):
            self.count += 1
            if self.repeats:
                self.repeats = False
                return Frame(self.source.frame(self.source.count - 1), self.count, time.time())
            frame = super().next_frame(timeout)
            return Frame(frame.array, self.count, frame.timestamp)

    class Kind(Camera):
        def __init__(self, source, *arguments, **settings):
            self.wrapped = source
            super().__init__(source, *arguments, **settings)

        def resume(self):
            self.wrapped.repeats = True
            super().resume()


class TestGoesOnInAPause(Ophyd, FlyInterruptionTests):
    class Kind(Camera):
        def pause(self):
            pass


class TestCutsItsFileWhenItIsStopped(Ophyd, FlyInterruptionTests):
    class Kind(Camera):
        stopped = False

        def pause(self):
            super().pause()
            self.stopped = True

        def resume(self):
            super().resume()
            self.stopped = False

        def unstage(self):
            unstaged = super().unstage()
            if self.stopped:
                self.stopped = False
                with h5py.File(self.file_path.get(), "r+") as file:
                    file["entry/data/data"].resize(1, axis=0)
            return unstaged


class TestHidesErrorsInFlight(Ophyd, FlyFaultTests):
    Wrap = detectors.TestHidesErrors.Wrap


class TestTellsOfAnotherErrorInFlight(Ophyd, FlyFaultTests):
    Wrap = detectors.TestTellsOfAnotherError.Wrap


class TestTakesAnErrorForAnEnd(Ophyd, FlyFaultTests):
    class Kind(Camera):
        def complete(self):
            status = DeviceStatus(self)
            super().complete().add_callback(lambda _: status.set_finished())
            return status


class TestWaitsForeverInFlight(Ophyd, FlyFaultTests):
    """Neither an error nor its own timeout ends it."""

    plan_timeout = 2.0

    class Kind(Camera):
        def complete(self):
            return DeviceStatus(self)


class TestForgetsWhatHasLanded(Ophyd, FlyFaultTests):
    """When the next frame does not come."""

    class Kind(Camera):
        def collect_asset_docs(self, index=None):
            flight = self._stagings.last.flight
            if flight is None or flight._error is None:
                yield from super().collect_asset_docs(index)
