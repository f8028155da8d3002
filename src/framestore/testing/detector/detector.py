"""What bluesky's plans rely on in a detector."""

from .faults import FaultTests
from .flying import FlyTests
from .flying_faults import FlyFaultTests
from .flying_interruptions import FlyInterruptionTests
from .interruptions import InterruptionTests
from .refusals import RefusalTests
from .scans import ScanTests


class StepTests(ScanTests, InterruptionTests, RefusalTests, FaultTests):
    """Tests of a device front that takes points when it is triggered, and does not fly."""


class DetectorTests(StepTests, FlyTests, FlyInterruptionTests, FlyFaultTests):
    """Tests that a device front passes: inherit, and give ``make_detector`` and ``data_key``.

    Everything happens in plans of a real RunEngine, so that it does not matter whether the device is ophyd's or
    ophyd-async's. The classes that this one consists of can be inherited one by one, too; `StepTests` are those of a
    device that does not fly.
    """
