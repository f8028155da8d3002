"""What a camera was given, checked: the same for every front."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import getattr_static
from typing import Any

from numpy.typing import ArrayLike

from framestore.acquisition import COMBINATIONS, STATISTICS, Acquisition, frames_of
from framestore.formats import Format, chosen
from framestore.frame import FrameSaver, FrameSource
from framestore.paths import PathProvider
from framestore.roi import ROI

from .arguments import (
    above_zero,
    as_source,
    check_combination,
    check_format,
    known_statistics,
    one_of,
    one_of_each,
)
from .provider import as_path_provider
from .regions import as_rois, names_of_numbers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Given:
    """What a camera was given."""

    source: FrameSource
    """Gives the frames."""
    format: Format
    """Of the files."""
    path_provider: PathProvider
    """Says where they go."""
    statistics: tuple[str, ...]
    """Names of the numbers of each frame, and of each region."""
    rois: Mapping[str, ROI]
    """Regions, by name."""
    numbers: tuple[str, ...]
    """Names of all numbers of an event."""
    hints: tuple[str, ...]
    """Names of those that tables and plots show by themselves."""
    frame_timeout: float
    """Seconds that the source, and the file system, may take for a frame."""
    combination: str
    """How exposures are combined."""
    acquisition: Callable[..., Acquisition]
    """Makes an acquisition of them; it takes ``camera``, ``frames_per_point`` and ``exposures_per_frame``."""

    def check_format(self, camera: str, exposures: int) -> None:
        """Refuse a format that cannot hold what the source announces; ValueError. It may open the camera for that."""
        check_format(self.format, self.source, camera, exposures=exposures, way=self.combination)

    @property
    def announces(self) -> bool:
        """Whether the source just says what its frames are like, without a look at the camera."""
        return not any(isinstance(getattr_static(self.source, name, None), property) for name in ("shape", "dtype"))


def checked(
    source: FrameSource | FrameSaver | Callable[[], ArrayLike],
    path_provider: PathProvider,
    *,
    format: str | Format,  # noqa: A002 - the field's word
    stats: Sequence[str],
    rois: Mapping[str, ROI | Sequence[int]] | None,
    hints: Sequence[str],
    queue_bytes: int,
    frame_timeout: float,
    exposures_per_frame: int,
    combine_exposures: str,
    on_dropped: str,
    name: str,
) -> Given:
    """Check what a camera is given; the arguments, and what is raised, are told in `framestore.ophyd.Camera`."""
    chosen_format = chosen(format)
    frames = frames_of(as_source(source, name), chosen_format, name)
    check_combination(frames, exposures_per_frame, name)
    statistics = known_statistics(stats, "stats")
    regions = as_rois(rois or {}, statistics, name)
    numbers = names_of_numbers(regions, statistics)
    combination = one_of(COMBINATIONS, combine_exposures, "combine_exposures")
    acquisition: Any = partial(
        Acquisition,
        frames,
        chosen_format,
        statistics=statistics,
        rois=regions,
        queue_bytes=above_zero(queue_bytes, "queue_bytes"),
        frame_timeout=above_zero(frame_timeout, "frame_timeout"),
        combination=combination,
        on_dropped=one_of(("fail", "record"), on_dropped, "on_dropped"),
    )
    return Given(
        source=frames,
        format=chosen_format,
        path_provider=as_path_provider(path_provider),
        statistics=statistics,
        rois=regions,
        numbers=numbers,
        hints=one_of_each((*STATISTICS, *numbers), hints, "hints"),
        frame_timeout=frame_timeout,
        combination=combination,
        acquisition=acquisition,
    )
