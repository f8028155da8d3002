"""Where frames go."""

from dataclasses import dataclass

from framestore_handlers.layout import Layout

from framestore.paths import PathInfo


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

    @property
    def uri(self) -> str:
        """URI of the file, or of the folder of a series of files."""
        return f"{self.info.directory_uri}{self.layout.resource_name(self.info.filename).removeprefix('./')}"
