"""The conformance suite of device fronts, in plans of a real RunEngine; it needs bluesky, which the others do not."""

from importlib.util import find_spec

if not find_spec("bluesky"):
    message = "framestore.testing.detector needs bluesky: pip install 'framestore[ophyd]'"
    raise ModuleNotFoundError(message, name="bluesky")

from .detector import DetectorTests, StepTests
from .engine import Engine
from .faults import FaultTests
from .flights import FlightTests
from .flying import FlyTests
from .flying_faults import FlyFaultTests
from .flying_interruptions import FlyInterruptionTests
from .front import FrontTests
from .interruptions import InterruptionTests
from .refusals import RefusalTests
from .scans import ScanTests

__all__ = [
    "DetectorTests",
    "Engine",
    "FaultTests",
    "FlightTests",
    "FlyFaultTests",
    "FlyInterruptionTests",
    "FlyTests",
    "FrontTests",
    "InterruptionTests",
    "RefusalTests",
    "ScanTests",
    "StepTests",
]
