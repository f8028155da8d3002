"""Image files that Pillow reads: one frame each."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .held import Check, unchecked


def decode(
    content: bytes, path: Path, kind: str, unpacked: str | None = None, check: Check = unchecked
) -> NDArray[Any]:
    """The pixels of an image file: (height, width), or (height, width, channels), as Pillow decodes them.

    Parameters
    ----------
    content
        All of the file.
    path
        The file, for messages.
    kind
        Pillow's name of its format, such as ``"JPEG"``.
    unpacked
        How Pillow makes pixels of the file's bytes, by its name for that ("raw mode"); None: as it thinks best.
        https://pillow.readthedocs.io/en/stable/handbook/writing-your-own-image-plugin.html
    check
        Sees the shape of an image of 8 bit a channel before its pixels are decoded, to refuse it.

    Raises
    ------
    OSError
        When it is cut off, or is of another format; it names the file.
    """
    from PIL import ImageFile  # noqa: PLC0415 - who reads HDF5 does not need it

    if ImageFile.LOAD_TRUNCATED_IMAGES:  # set by somebody else: what is missing would come back as grey pixels
        msg = f"{path}: PIL.ImageFile.LOAD_TRUNCATED_IMAGES is set, which hides damage; set it to False"
        raise OSError(msg)
    with _opened(BytesIO(content), path, kind) as image:
        bands = image.getbands()
        check(((image.height, image.width, *((len(bands),) if len(bands) > 1 else ())), np.dtype(np.uint8)))
        if unpacked:
            image.tile = [_unpacked(tile, unpacked) for tile in image.tile]
        with _named_errors(path, kind):
            return np.array(image)


def infos(path: Path, kind: str) -> Mapping[Any, Any]:
    """What an image file tells before its pixels, which are not read: by names that Pillow gives.

    Parameters
    ----------
    path
        The file.
    kind
        Pillow's name of its format, such as ``"JPEG"``.

    Raises
    ------
    OSError
        When it is of another format; it names the file.
    """
    with path.open("rb") as file, _opened(file, path, kind) as image:
        return image.info


@contextmanager
def _opened(file: IO[bytes], path: Path, kind: str) -> Generator[Any]:
    """Open an image, of which no pixels are read yet."""
    from PIL import Image  # noqa: PLC0415 - who reads HDF5 does not need it

    with _named_errors(path, kind):
        image = Image.open(file, formats=[kind])
    with image:
        yield image


@contextmanager
def _named_errors(path: Path, kind: str) -> Generator[None]:
    """What Pillow says of damage names the file."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - as above

    try:
        yield
    except UnidentifiedImageError as error:
        msg = f"{path} is not {kind}, or cut off at its beginning"
        raise OSError(msg) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        msg = f"{path} cannot be read as {kind}: {error}"
        raise OSError(msg) from error


def _unpacked(tile: Any, mode: str) -> Any:
    """A part of an image that is not read yet, as another raw mode; plain tuples up to Pillow 11."""
    return tile._replace(args=mode) if hasattr(tile, "_replace") else (*tile[:3], mode)
