"""What the writer of a format and its reader must agree on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The wire values that every format has; a format adds its own in its ``layout.py``."""

    name: str
    """Name of the format, the same in every tree."""
    spec: str
    """Spec of its Resource documents."""
    mimetype: str
    """Mimetype of its StreamResource documents."""
    suffix: str
    """Suffix of its files, with the dot."""

    def file_name(self, filename: str) -> str:
        """Name of the file; of a series of files, the template of their names."""
        return f"{filename}{self.suffix}"

    def part_name(self, file_name: str, number: int) -> str:
        """Name of the file, or template of the series, that follows one as its part of that number, from 1 on.

        Examples
        --------
        >>> SeriesLayout(name="jpeg", spec="", mimetype="", suffix=".jpg").part_name("scan_{:06d}.jpg", 2)
        'scan-part2_{:06d}.jpg'
        """
        end = self.file_name("")
        return f"{file_name.removesuffix(end)}{part_ending(number)}{end}"

    def resource_name(self, filename: str) -> str:
        """Name, below the folder, of what a document points to."""
        return self.file_name(filename)

    def resource_kwargs(self, filename: str, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document."""
        raise NotImplementedError

    def parameters(self, filename: str, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document."""
        raise NotImplementedError


def part_ending(number: int) -> str:
    """What the name of a part ends in, before the suffix; nothing for part 0."""
    return f"-part{number}" if number else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesLayout(Layout):
    """A format of one file a frame: documents point to the folder, and say how its files are named.

    Files count from 0 in each series: frame j of point i is number i * frames_per_point + j.
    """

    def file_name(self, filename: str) -> str:
        """Template of the names of the files, for ``str.format``; braces in ``filename`` are doubled."""
        return f"{filename.replace('{', '{{').replace('}', '}}')}_{{:06d}}{self.suffix}"

    def resource_name(self, filename: str) -> str:
        """Documents point to the folder itself; a slash at the end tells Tiled that it is one."""
        del filename
        return "./"

    def resource_kwargs(self, filename: str, frames_per_point: int) -> dict[str, Any]:
        """``resource_kwargs`` of a Resource document: those of areaDetector's ``AD_TIFF``."""
        return {"template": f"%s%s_%6.6d{self.suffix}", "filename": filename, "frame_per_point": frames_per_point}

    def parameters(self, filename: str, frames_per_point: int, frame_shape: tuple[int, ...]) -> dict[str, Any]:
        """``parameters`` of a StreamResource document: an event a row, (frames_per_point, \\*frame shape)."""
        del frames_per_point
        return {"template": self.file_name(filename), "chunk_shape": [1, *frame_shape], "join_method": "stack"}
