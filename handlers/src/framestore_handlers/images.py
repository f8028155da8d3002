"""Image files that Pillow reads: one frame each."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_image(path: Path) -> NDArray[Any]:
    """The pixels of an image file: (height, width), or (height, width, channels), as Pillow decodes them.

    Raises
    ------
    FileNotFoundError
        When the file is gone.
    OSError
        When it is cut off or is not an image; it names the file.
    """
    from PIL import Image, ImageFile, UnidentifiedImageError  # noqa: PLC0415 - a camera that writes HDF5 needs it not

    with path.open("rb") as file:
        if ImageFile.LOAD_TRUNCATED_IMAGES:  # set by somebody else: what is missing would come back as grey pixels
            msg = f"{path}: PIL.ImageFile.LOAD_TRUNCATED_IMAGES is set, which hides damage; set it to False"
            raise OSError(msg)
        try:
            with Image.open(file) as image:
                return np.array(image)
        except UnidentifiedImageError as error:
            msg = f"{path} is not an image, or cut off at its beginning"
            raise OSError(msg) from error
        except (OSError, SyntaxError, ValueError) as error:
            msg = f"{path} cannot be read as an image: {error}"
            raise OSError(msg) from error
