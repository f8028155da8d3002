"""Sources of frames: what stands between a camera's own library and an acquisition."""

from .callable import CallableSource
from .saving import SavingSource
from .scene import GaussianBlob, Scene
from .simulated import SimulatedSource
from .trigger_line import TriggerLine

__all__ = ["CallableSource", "GaussianBlob", "SavingSource", "Scene", "SimulatedSource", "TriggerLine"]
