"""Signals of a camera that are more than a value."""

import operator
from collections import OrderedDict
from typing import Any

import numpy as np
from ophyd import Signal
from ophyd.signal import InternalSignal

from framestore.detector.image import image_to_come, of_frames


class WholeNumber(Signal):
    """A number that counts, from 1 on."""

    def put(self, value: Any, **kwargs: Any) -> None:
        """Set it, as a plain int whatever kind of whole number is given."""
        self.check_value(value)
        super().put(operator.index(value), **kwargs)

    def check_value(self, value: Any, **kwargs: Any) -> None:
        """Refuse what is not a whole number from 1 on."""
        try:
            good = operator.index(value) >= 1
        except TypeError:
            good = False
        if not good:
            msg = f"{self.name} must be a whole number from 1 on, not {value!r}"
            raise ValueError(msg)
        super().check_value(value, **kwargs)


class FrameReference(InternalSignal):
    """The image: its data key points outside, to files that documents name.

    Parameters
    ----------
    external
        Value of ``external`` in the data key: ``"FILESTORE:"``, then each event holds a datum id, or ``"STREAM:"``,
        then events do not mention the image.
    """

    def __init__(self, *args: Any, external: str = "STREAM:", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.external = external
        self.lossy = False
        """Whether what is read back may differ from what the camera gave; the data key says so then."""
        self.there = True
        """Whether there is an image to speak of."""
        self._frames: tuple[int, tuple[int, ...], np.dtype[Any]] | None = None
        self._reading: dict[str, dict[str, Any]] = {}

    def set_frames(self, frames_per_point: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Say what an event's frames are: ``shape`` and ``dtype`` are those of one frame."""
        self._frames = frames_per_point, shape, dtype

    @property
    def _camera(self) -> str:
        return self.name if self.parent is None else self.parent.name

    def describe(self) -> dict[str, dict[str, Any]]:
        """Data key of the image; its shape is empty before the camera has been staged for the first time."""
        if not self.there:
            return OrderedDict()
        data_key = image_to_come(self._camera, external=self.external, lossy=self.lossy)
        if self._frames is not None:
            data_key |= of_frames(self._camera, *self._frames)
        return OrderedDict({self.name: data_key})

    def read(self) -> dict[str, dict[str, Any]]:
        """Datum id of the last point; nothing where StreamDatum documents tell."""
        self._reading = super().read() if self.there and self.external != "STREAM:" else OrderedDict()
        return self._reading

    def correct(self, datum_id: str) -> None:
        """Set another datum id of the point that was just read; also in its reading, which bluesky keeps."""
        self.put(datum_id, internal=True)
        if self.name in self._reading:
            self._reading[self.name]["value"] = datum_id
