"""Series whose URI may be a folder, or what the names of their files begin with: the file system tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checksum import NONE, Compared
from .fault import Fault, Looked, fault_of
from .foreign import Opener
from .frame_file import FrameFile, SummedFrames, TimedFrames
from .held import FrameType
from .place import Place
from .sampled import check_fast


@dataclass(frozen=True, kw_only=True, slots=True)
class PrefixedFrames:
    """Frames of a document that has no slash between folder and template; a `FrameFile`.

    Tiled puts URI and template one behind the other: no folder is meant then. Others leave the slash of a folder out.
    https://github.com/bluesky/bluesky-tiled-plugins, ``get_datum_uri``.
    """

    place: Place
    """The folder, or what names begin with."""
    inside: FrameFile
    """The frames, if it is a folder."""
    beside: FrameFile
    """The frames, if it is not."""

    @property
    def frames_per_event(self) -> int | None:
        """Frames in an event, where the document of the series says so."""
        return self.inside.frames_per_event

    def read_into(self, out: NDArray[Any], start: int) -> None:
        """Fill ``out`` with the frames from ``start`` on; see `FrameFile`."""
        self._meant().read_into(out, start)

    def times_into(self, out: NDArray[np.float64], start: int) -> None:
        """Fill ``out`` with the times from that of frame ``start`` on; see `TimedFrames`."""
        file = self._meant()
        if isinstance(file, TimedFrames):
            file.times_into(out, start)
        else:
            out.fill(np.nan)

    def checksums(self, pixels: NDArray[Any], start: int) -> list[Compared]:
        """What the files say of the checksums of these frames, and what was found; see `SummedFrames`."""
        file = self._meant()
        return file.checksums(pixels, start) if isinstance(file, SummedFrames) else [NONE] * len(pixels)

    def frame_type(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and dtype of a frame."""
        return self._meant().frame_type()

    def files(self, start: int, stop: int) -> list[Path]:
        """Files of the frames from number ``start`` up to ``stop``."""
        return list(self._meant().files(start, stop))

    def check(self, wanted: Sequence[range], said: FrameType | None, looked: Looked) -> Iterator[Fault]:
        """What is wrong with some of the frames; see `CheckedFrames`."""
        try:
            file = self._meant()
        except OSError as error:
            return (fault_of(error, part, self.place.path) for part in wanted)
        return check_fast(file, wanted, said, looked)

    def _meant(self) -> FrameFile:
        return self.inside if self.place.checked().is_dir() else self.beside


def opened(opener: Opener, place: Place, parameters: Mapping[str, Any]) -> FrameFile:
    """The frames of a StreamResource that ``opener`` opens, whether or not its URI is that of a folder."""
    template = parameters.get("template")
    inside = opener(place, parameters)
    if not isinstance(template, str) or place.named.endswith("/") or template.startswith(("/", "%s")):
        return inside
    if place.elsewhere or not place.path.name:
        return inside
    begin = place.path.name.replace("{", "{{").replace("}", "}}")
    folder = replace(
        place,
        path=place.path.parent,
        named=place.named.removesuffix(place.path.name),
        decoded=place.decoded.parent if place.decoded else None,
    )
    beside = opener(folder, {**parameters, "template": begin + template})
    return PrefixedFrames(place=place, inside=inside, beside=beside)
