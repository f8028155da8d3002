"""What a camera shows, on ophyd's signals."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .camera_signals import CameraSignals


class SignalPanel:
    """The signals of a camera, as a `framestore.detector.panel.Panel`.

    Parameters
    ----------
    camera
        Whose.
    """

    def __init__(self, camera: CameraSignals) -> None:
        self._camera = camera

    @property
    def name(self) -> str:
        """Name of the camera."""
        return self._camera.name

    @property
    def data_key(self) -> str:
        """Name of the image's data key."""
        return self._camera.image.name

    @property
    def log(self) -> logging.LoggerAdapter[Any]:
        """That of the device."""
        return self._camera.log

    def show(self, values: Mapping[str, Any]) -> None:
        """Put values into signals, by attribute name."""
        for signal, value in values.items():
            getattr(self._camera, signal).put(value, internal=True)

    def correct(self, datum_id: str) -> None:
        """The point that was just read has got another datum id."""
        self._camera.image.correct(datum_id)

    def asked(self) -> dict[str, int]:
        """Frames in a point, and exposures in a frame, as they are set now."""
        signals = self._camera.frames_per_point, self._camera.exposures_per_frame
        return {signal.attr_name: cast("int", signal.get()) for signal in signals}


def hint(camera: CameraSignals, numbers: Sequence[str], hinted: Sequence[str]) -> None:
    """Have these numbers in events, and those that are hinted in tables and plots."""
    for number in numbers:
        getattr(camera, number).kind = "hinted" if number in hinted else "normal"
