"""What bluesky's plans rely on in a detector."""

from .faults import FaultTests
from .interruptions import InterruptionTests
from .refusals import RefusalTests
from .scans import ScanTests


class DetectorTests(ScanTests, InterruptionTests, RefusalTests, FaultTests):
    """Tests that a device front passes: inherit, and give ``make_detector`` and ``data_key``.

    Everything happens in plans of a real RunEngine, so that it does not matter whether the device is ophyd's or
    ophyd-async's. The four classes that this one consists of can be inherited one by one, too.
    """
