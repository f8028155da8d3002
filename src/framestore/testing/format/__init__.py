"""The conformance suite of formats: writers, their encoders and handlers, by themselves and in an acquisition."""

from .acquiring import AcquisitionTests
from .checksums import ChecksumTests
from .encoding import EncodingTests
from .files import FileTests
from .format import FormatTests
from .frames import Form
from .holding import HoldingTests
from .reading import ReadingTests
from .removal import RemovalTests
from .settings import FormatSettingTests
from .subject import FormatSubject

__all__ = [
    "AcquisitionTests",
    "ChecksumTests",
    "EncodingTests",
    "FileTests",
    "Form",
    "FormatSettingTests",
    "FormatSubject",
    "FormatTests",
    "HoldingTests",
    "ReadingTests",
    "RemovalTests",
]
