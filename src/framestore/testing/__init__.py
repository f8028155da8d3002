"""Conformance suites: classes of tests that implementations of framestore's protocols inherit, yours as well as ours.

What tests framestore itself stands in ``tests``. Nothing else in framestore imports this package.
"""

from importlib.util import find_spec

if not find_spec("pytest"):
    message = "framestore.testing needs pytest: pip install 'framestore[testing]'"
    raise ModuleNotFoundError(message, name="pytest")

from framestore_handlers.testing import HandlerTests

from .format import FormatTests
from .known import KnownSource
from .paths import PathProviderTests
from .recorder import Recorder
from .saver import FrameSaverTests
from .source import FrameSourceTests
from .stepped import SteppedSource

__all__ = [
    "FormatTests",
    "FrameSaverTests",
    "FrameSourceTests",
    "HandlerTests",
    "KnownSource",
    "PathProviderTests",
    "Recorder",
    "SteppedSource",
]
