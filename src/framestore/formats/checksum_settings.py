"""The setting of formats that can keep a checksum of each frame."""

from dataclasses import dataclass, replace
from importlib.util import find_spec

from framestore_handlers.checksum import XXH3, frame_checksum

from framestore.frame import FrameInfo

from .file_settings import FileSettings
from .format import Content, Encoder
from .summing import Summed, SummingEncoder


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksumSettings(FileSettings):
    """How files are kept, and whether with checksums.

    Raises
    ------
    ValueError
        When a setting is out of range.
    ModuleNotFoundError
        When the library that makes checksums is not installed; it names the command that installs it.

    Examples
    --------
    >>> from framestore.formats import TIFF
    >>> TIFF(checksum="xxh3").checksum
    'xxh3'
    """

    checksum: str | None = None
    """``"xxh3"``: each frame has a checksum of 64 bits in the file, by which `framestore_handlers.verify` tells later
    whether its pixels are those that the camera gave. It needs the extra ``checksum``. None: there are none."""

    def __post_init__(self) -> None:
        """Check the settings."""
        FileSettings.__post_init__(self)  # super() does not know a class with slots
        if self.checksum is None:
            return
        if self.checksum != XXH3:
            msg = f"checksum must be None or {XXH3!r}, not {self.checksum!r}"
            raise ValueError(msg)
        if find_spec("xxhash") is None:
            msg = f"checksum={XXH3!r} needs xxhash: pip install 'framestore[checksum]'"
            raise ModuleNotFoundError(msg, name="xxhash")

    def summing(self, encoder: Encoder | None) -> Encoder | None:
        """What an encoder does, and checksums along with it, where they are wanted.

        None where frames are written as they are: to hand each to another thread, and wait for it, costs several times
        what its checksum does, so that is left to `with_checksum`, on the thread of the writer.
        """
        return encoder if encoder is None or self.checksum is None else SummingEncoder(encoder=encoder)

    def with_checksum(self, content: Content, info: FrameInfo) -> FrameInfo:
        """What is known of a frame that a writer was given, its checksum included where they are wanted.

        That is the one which came along with its content, or which is known from another file; else it is made here,
        of the content, which is the frame itself then.
        """
        if self.checksum is None or info.checksum is not None:
            return info
        return replace(info, checksum=content.checksum if isinstance(content, Summed) else frame_checksum(content))
