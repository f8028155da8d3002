"""OpenCV: it has no simulator of cameras, but reads a video as it reads a camera."""

from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .simulator import Simulator

OPENCV = Simulator(
    module=__name__,
    vendor="OpenCV",
    packages=("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    install="opencv-python-headless",
    name="video file",
    advice="cameras may work all the same; a build with FFmpeg:\npip install --upgrade opencv-python-headless",
)
_SHAPE = (48, 64, 3)


def frame() -> Any:
    """A frame of a video that was just made, without loss."""
    import numpy as np  # noqa: PLC0415 - the doctor is light

    cv2 = import_module("cv2")
    picture = np.random.default_rng(0).integers(0, 256, _SHAPE, "uint8")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "video.avi"
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10, _SHAPE[1::-1])
        video.write(picture)
        video.release()
        camera = cv2.VideoCapture(str(path))
        is_there, image = camera.read()
        camera.release()
    if not is_there or not np.array_equal(image, picture):
        msg = "a video that it wrote as FFV1 does not come back" if is_there else "a video that it wrote cannot be read"
        raise LookupError(msg)
    return image
