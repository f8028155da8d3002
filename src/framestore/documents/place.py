"""Where frames go."""

from dataclasses import dataclass, replace
from pathlib import Path

from framestore_handlers.layout import Layout, part_ending

from framestore.paths import PathInfo, local_path


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the frames of a data key go, from now on."""

    info: PathInfo
    """Folder and name."""
    layout: Layout
    """Of the format."""
    data_key: str
    """Name of the data key."""
    frames_per_point: int
    """Frames in an event."""
    frame_shape: tuple[int, ...]
    """Shape of a frame."""
    part: int = 0
    """How many files, or series of files, were full before it."""

    @property
    def form(self) -> tuple[int, ...]:
        """Frames in an event, and the shape of each."""
        return self.frames_per_point, *self.frame_shape

    def followed_by(self, part: int) -> "Place":
        """The place of another part of the same frames."""
        name = self.info.filename.removesuffix(part_ending(self.part)) + part_ending(part)
        return replace(self, info=replace(self.info, filename=name), part=part)

    @property
    def path(self) -> Path:
        """Path of the file here, or the template of the names of a series."""
        return local_path(self.info.directory_path) / self.layout.file_name(self.info.filename)

    @property
    def uri(self) -> str:
        """URI of the file, or of the folder of a series of files."""
        return f"{self.info.directory_uri}{self.layout.resource_name(self.info.filename).removeprefix('./')}"
