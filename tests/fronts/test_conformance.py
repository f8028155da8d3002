"""The device fronts pass the suite that users inherit for theirs."""

from typing import ClassVar

import pytest
from ways import as_jpeg

from framestore.ophyd import Camera
from framestore.testing.detector import (
    DetectorTests,
    FlyFaultTests,
    FlyInterruptionTests,
    FlyTests,
    InterruptionTests,
    ScanTests,
    StepTests,
)


class Ophyd:
    settings: ClassVar = {}

    def make_detector(self, source, path_provider, **settings):
        return Camera(source, path_provider, **self.settings, **settings)

    def data_key(self, name):
        return f"{name}_image"

    def mean_key(self, name):
        return f"{name}_mean"


class OphydJPEG(Ophyd):
    def expected(self, frame):
        return as_jpeg(frame)


class TestStream(Ophyd, DetectorTests):
    settings: ClassVar = {"documents": "stream"}


class TestDatum(Ophyd, StepTests):
    settings: ClassVar = {"documents": "datum"}


@pytest.mark.slow
class TestStreamAsJPEG(OphydJPEG, ScanTests, InterruptionTests, FlyTests, FlyInterruptionTests, FlyFaultTests):
    settings: ClassVar = {"documents": "stream", "format": "jpeg"}


@pytest.mark.slow
class TestDatumAsJPEG(OphydJPEG, ScanTests, InterruptionTests):
    settings: ClassVar = {"documents": "datum", "format": "jpeg"}
