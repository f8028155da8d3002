"""The ophyd front: a camera as an ``ophyd.Device``."""

from .camera import Camera
from .signals import FrameReference, FramesPerPoint
from .status import PointStatus

__all__ = ["Camera", "FrameReference", "FramesPerPoint", "PointStatus"]
