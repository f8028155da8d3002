"""Basler's pylon, by pypylon: the emulation of cameras that is in it."""

from importlib import import_module
from typing import Any

from .simulator import Simulator

PYLON = Simulator(
    module=__name__,
    vendor="Basler pylon",
    packages=("pypylon",),
    install="pypylon",
    environment={"PYLON_CAMEMU": "1"},
    name="camera emulation",
    advice="frames of real cameras come all the same; to have it:\npip install --upgrade pypylon",
)
_PATIENCE = 5000
"""Milliseconds that a frame may take."""


def frame() -> Any:
    """A frame of the emulation; cameras that are there are left alone."""
    pylon = import_module("pypylon.pylon")
    factory = pylon.TlFactory.GetInstance()
    emulated = [device for device in factory.EnumerateDevices() if device.GetDeviceClass() == "BaslerCamEmu"]
    if not emulated:
        msg = "PYLON_CAMEMU=1 is set, but pylon lists no emulated camera"
        raise LookupError(msg)
    camera = pylon.InstantCamera(factory.CreateDevice(emulated[0]))
    camera.Open()
    try:
        with camera.GrabOne(_PATIENCE) as result:
            return result.Array
    finally:
        camera.Close()
