"""What a framework makes of the beamline."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Devices:
    """The beamline's devices, of either framework."""

    stage: Any
    """Its motors are ``stage.x`` and ``stage.y``, in millimetres."""
    pdet: Any
    """A point detector with three channels."""
    camera: Any
    """framestore's Camera; 240 x 320 pixels of 16 bit."""
    path_provider: Any
    """Where the camera's files go: a new name for each."""
