"""The signals that every camera has."""

from ophyd import Component
from ophyd.signal import InternalSignal

from .originals import Restoring
from .signals import FrameReference, WholeNumber


class CameraSignals(Restoring):
    """The image, its numbers, and counters; regions of interest and settings of the source come with each camera."""

    image = Component(FrameReference, value="", kind="normal")
    frames_per_point = Component(WholeNumber, value=1, kind="config")
    exposures_per_frame = Component(WholeNumber, value=1, kind="config")
    format = Component(InternalSignal, value="", kind="config")
    file_path = Component(InternalSignal, value="", kind="config")
    total_frames_dropped = Component(InternalSignal, value=0, kind="config")
    frames_written = Component(InternalSignal, value=0, kind="omitted")
    mean = Component(InternalSignal, value=0.0, kind="omitted")
    max = Component(InternalSignal, value=0.0, kind="omitted")
    sum = Component(InternalSignal, value=0.0, kind="omitted")
    centroid_x = Component(InternalSignal, value=0.0, kind="omitted")
    centroid_y = Component(InternalSignal, value=0.0, kind="omitted")
    frames_dropped = Component(InternalSignal, value=0, kind="normal")
