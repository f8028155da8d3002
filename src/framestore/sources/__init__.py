"""Sources of frames: what stands between a camera's own library and an acquisition."""

from .callable import CallableSource
from .simulated import GaussianBlob, Scene, SimulatedSource

__all__ = ["CallableSource", "GaussianBlob", "Scene", "SimulatedSource"]
