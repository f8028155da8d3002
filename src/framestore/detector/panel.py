"""What a front shows of its camera."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol


class Panel(Protocol):
    """The signals of a camera, as those see them who take its points; they may do so on any thread."""

    @property
    def name(self) -> str:
        """Name of the camera."""
        ...

    @property
    def data_key(self) -> str:
        """Name of the image's data key."""
        ...

    @property
    def log(self) -> logging.Logger | logging.LoggerAdapter[Any]:
        """Where to log."""
        ...

    def show(self, values: Mapping[str, Any]) -> None:
        """Have signals show other values, all of them before anything is told that comes later.

        Parameters
        ----------
        values
            By the name of the signal: those of `numbers`, ``frames_written``, ``frames_dropped``,
            ``total_frames_dropped``, ``file_path``; ``image`` with a datum id.
        """
        ...

    def correct(self, datum_id: str) -> None:
        """The point that was just read has got another datum id."""
        ...

    def asked(self) -> dict[str, int]:
        """``frames_per_point`` and ``exposures_per_frame``, as they are set now."""
        ...
