"""Signals of a camera that are more than a value."""

import operator
from collections import OrderedDict
from typing import Any

import numpy as np
from ophyd import Signal
from ophyd.signal import InternalSignal


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
        self._data_key: dict[str, Any] = {}
        self._reading: dict[str, dict[str, Any]] = {}

    def set_frames(self, frames_per_point: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Say what an event's frames are: ``shape`` and ``dtype`` are those of one frame.

        The names of the dimensions begin with the camera's: two cameras of different size, or a motor called ``x``,
        then stand beside each other in one table.
        """
        axes = ("y", "x", "channel") if len(shape) > 1 else ("x",)
        names = axes[: len(shape)] if len(shape) <= len(axes) else tuple(f"dim_{i}" for i in range(len(shape)))
        self._data_key = {
            "shape": [frames_per_point, *shape],
            "dtype_numpy": dtype.str,
            "dims": [f"{self._camera}_{axis}" for axis in ("frame", *names)],
        }

    @property
    def _camera(self) -> str:
        return self.name if self.parent is None else self.parent.name

    def describe(self) -> dict[str, dict[str, Any]]:
        """Data key of the image; its shape is empty before the camera has been staged for the first time."""
        if not self.there:
            return OrderedDict()
        data_key = {
            "source": f"framestore:{self._camera}",
            "dtype": "array",
            "shape": [],
            "external": self.external,
            **self._data_key,
        }
        if self.lossy:
            data_key["lossy"] = True
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
