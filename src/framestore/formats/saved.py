"""Files in a format of one's own, which the camera saves itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from framestore_handlers.layout import SeriesLayout
from numpy.typing import ArrayLike, NDArray

from .file_settings import FileSettings
from .format import Contents, Encoder
from .series import SeriesWriter


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedFiles(FileSettings):
    """A format of one file a frame that framestore does not know: for a source that saves files in it.

    Raises
    ------
    ValueError
        When ``suffix`` does not begin with a dot, or ``spec`` is empty.
    TypeError
        When ``read_frame`` cannot be called.

    Examples
    --------
    >>> import numpy
    >>> SavedFiles(spec="MY_FORMAT_SPEC", suffix=".npy", read_frame=numpy.load).layout.file_name("scan")
    'scan_{:06d}.npy'
    """

    spec: str
    """Spec of the Resource documents, by which handlers are found."""
    suffix: str
    """Suffix of the files, with the dot."""
    read_frame: Callable[[Path], ArrayLike]
    """Reads a file back, as an array, from its path; it raises when the file is not whole."""
    mimetype: str = ""
    """Mimetype of the StreamResource documents; by default one that is made of ``spec``."""
    name: str = "saved"
    """Name of the format, in the camera's configuration."""

    def __post_init__(self) -> None:
        """Check the suffix and the spec."""
        FileSettings.__post_init__(self)  # super() does not know a class with slots
        if not re.fullmatch(r"(\.[\w-]+)+", self.suffix):
            msg = f"suffix must be a dot and letters or digits, such as '.npy', not {self.suffix!r}"
            raise ValueError(msg)
        if not callable(self.read_frame):
            msg = f"read_frame must be a function that reads a file, not {self.read_frame!r}"
            raise TypeError(msg)
        if not self.mimetype:
            kind = self.spec.lower().replace("_", "-")
            object.__setattr__(self, "mimetype", f"multipart/related;type=application/x-{kind}")
        if not self.spec:
            msg = "spec must name the format, such as 'MY_FORMAT_SPEC'"
            raise ValueError(msg)

    @property
    def layout(self) -> SeriesLayout:
        """What the camera and its reader agree on."""
        return SeriesLayout(name=self.name, spec=self.spec, mimetype=self.mimetype, suffix=self.suffix)

    def check(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Refuse nothing: each file is compared with what the source says of it."""

    def least_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """0: nobody knows before."""
        del shape, dtype
        return 0

    def read_back(self, path: Path) -> NDArray[Any]:
        """The frame that a file holds, in memory: a file that is mapped could change, or end, under its reader."""
        array = np.asarray(self.read_frame(path))
        return array if array.flags.owndata else array.copy()

    def encoder(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Encoder | None:
        """None: the source saves the files."""
        del shape, dtype

    def writer(self, path: Path, contents: Contents) -> SeriesWriter:
        """Begin a series of files; see `Format`."""
        del contents
        return SeriesWriter(path, self)
