"""A file in memory, which the C code of others can write into."""

import os
from io import BytesIO, FileIO
from typing import IO, cast


class MemoryFile(FileIO):
    """A file of the system without a name. Pillow encodes into such files without the interpreter."""

    def __init__(self) -> None:
        super().__init__(os.memfd_create("framestore"), "w+")

    def __del__(self) -> None:
        """Close it: it lives as long as its thread, which nobody tells."""
        self.close()


def file_in_memory() -> IO[bytes]:
    """An empty file. Where there are none but on disks (not on Linux) Pillow makes one frame after the other."""
    return cast("IO[bytes]", MemoryFile() if hasattr(os, "memfd_create") else BytesIO())
