"""GenICam, by harvesters: the producer viky that is in the package genicam."""

from importlib import import_module
from pathlib import Path
from typing import Any

from .simulator import Simulator

GENICAM = Simulator(
    module=__name__,
    vendor="GenICam",
    packages=("harvesters",),
    install="harvesters genicam",
    name="producer viky",
    advice="frames of real cameras come all the same; to have it:\npip install --upgrade genicam",
)
_PATIENCE = 5.0
"""Seconds that a frame may take."""


def frame() -> Any:
    """A frame of viky; producers of cameras are left alone."""
    producer = Path(str(import_module("genicam").__file__)).with_name("viky.cti")
    if not producer.exists():
        msg = f"the package genicam has no producer {producer.name}"
        raise LookupError(msg)
    harvester = import_module("harvesters.core").Harvester()
    try:
        harvester.add_file(str(producer))
        harvester.update()
        with harvester.create(0) as camera:
            camera.start()
            with camera.fetch(timeout=_PATIENCE) as buffer:
                image = buffer.payload.components[0]
                return image.data.reshape(image.height, image.width, -1).copy()
    finally:
        harvester.reset()
