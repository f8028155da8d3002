"""Any camera becomes a Bluesky area detector that writes its frames into files."""

from .frame import Frame, FrameError, FrameSource, IncompleteFrameError, LostFramesError
from .roi import ROI
from .setting import Setting

__all__ = ["ROI", "Frame", "FrameError", "FrameSource", "IncompleteFrameError", "LostFramesError", "Setting"]
