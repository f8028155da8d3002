"""The signals that every camera has."""

from typing import Any

import numpy as np
from ophyd_async.core import Array1D, SignalR, SignalRW

from framestore.acquisition import STATISTICS, SourceSettings
from framestore.detector.given import Given

from .counts import Counts
from .panel import LoopPanel
from .signals import shown
from .versions import FrameDetector


class CameraSignals(FrameDetector):
    """Numbers of the last point, and counters; settings are there where the source has them."""

    frames_per_point: SignalRW[int]
    exposures_per_frame: SignalRW[int]
    format: SignalR[str]
    file_path: SignalR[str]
    frames_written: SignalR[int]
    frames_dropped: SignalR[int]
    total_frames_dropped: SignalR[int]
    mean: SignalR[float]
    max: SignalR[float]
    sum: SignalR[float]
    centroid_x: SignalR[float]
    centroid_y: SignalR[float]
    exposure_time: SignalRW[float]
    frame_rate: SignalRW[float]
    gain: SignalRW[float]
    pixel_format: SignalRW[str]
    trigger_mode: SignalRW[str]

    _panel: LoopPanel
    _counts: Counts
    _settings: SourceSettings

    def add_signals(self, given: Given) -> None:
        """Make the signals.

        Raises
        ------
        ValueError
            When a region has the name of something else of the camera.
        """
        for name, signal in self._counts.signals().items():
            setattr(self, name, signal)
        values = {"format": given.format.layout.name, "file_path": "", "total_frames_dropped": 0, "frames_written": 0}
        numbers = dict.fromkeys((*STATISTICS, *given.numbers), 0.0)
        for name, value in {**values, **numbers, "frames_dropped": 0}.items():
            self._add(name, type(value), value)
        for name, region in given.rois.items():
            edges = [int(edge) for edge in (region.x, region.y, region.width, region.height)]
            self._add(name, Array1D[np.int64], np.array(edges))
        self._readable: list[SignalR[Any]] = [getattr(self, name) for name in (*given.numbers, "frames_dropped")]
        config = ["frames_per_point", "exposures_per_frame", "format", "file_path", "total_frames_dropped"]
        self.add_config_signals(*(getattr(self, name) for name in (*config, *given.rois)))

    def set_name(self, name: str, *, child_name_separator: str | None = None) -> None:
        """Have another name, before it is staged; the signals, threads and messages of the camera go by it."""
        super().set_name(name, child_name_separator=child_name_separator)
        self._settings.rename(name or "camera")
        events = "events_to_kickoff"  # ophyd-async names it once, when it is used for the first time
        self.events_to_kickoff.set_name(f"{name}{self._child_name_separator}{events}" if name else "")

    def _add(self, name: str, datatype: type[Any], value: Any) -> None:
        if hasattr(self, name):
            msg = f"Camera has something else called {name!r}, so it can have no signal of that name; name it otherwise"
            raise ValueError(msg)
        signal, backend = shown(datatype, value)
        self._panel.add(name, backend)
        setattr(self, name, signal)
