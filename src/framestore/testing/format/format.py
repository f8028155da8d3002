"""What framestore relies on in a format of files."""

from .acquiring import AcquisitionTests
from .checksums import ChecksumTests
from .encoding import EncodingTests
from .files import FileTests
from .holding import HoldingTests
from .reading import ReadingTests
from .removal import RemovalTests
from .settings import FormatSettingTests


class FormatTests(
    HoldingTests,
    RemovalTests,
    EncodingTests,
    ChecksumTests,
    FileTests,
    ReadingTests,
    FormatSettingTests,
    AcquisitionTests,
):
    """Tests that a `Format` passes: inherit, return yours from a fixture ``settings``, and say how it is read.

    ``read``, ``read_info`` and ``read_checksums`` are to be those of a reader that is not framestore's, such as plain
    h5py: what writer and handler have wrong together shows only there. The handler is tried as well, as ``load`` and
    databroker have it. The classes that this one consists of can be inherited one by one, too.
    """
