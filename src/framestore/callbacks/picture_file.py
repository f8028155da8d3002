"""A file with a picture in it that is there whole or not at all, and is replaced as the picture changes."""

import os
from pathlib import Path
from uuid import uuid4

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

SOFTWARE = "framestore"
"""What the PNG's own field ``Software`` says of a picture that may be replaced."""


def save(picture: Image.Image, path: Path, words: dict[str, str]) -> None:
    """Save a picture as PNG: under a name of its own, which then becomes ``path``.

    Who opens ``path`` at any time gets the whole picture, this one or that before. Folders that are missing are made.

    Parameters
    ----------
    picture
        What is saved.
    path
        Where.
    words
        Further fields of text in the file, by their names.

    Raises
    ------
    FileExistsError
        When there is a file that is no such picture: it is not replaced.
    OSError
        When it cannot be written.
    """
    _check_replaceable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    info = PngInfo()
    for name, text in {"Software": SOFTWARE, **words}.items():
        info.add_itxt(name, text)
    temporary = path.with_name(f".{path.stem[:100]}-{uuid4().hex}.png")
    try:
        with temporary.open("xb") as file:
            picture.save(file, "PNG", compress_level=1, pnginfo=info)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_suffix(path: str) -> None:
    """Refuse a name that says something else than PNG.

    Raises
    ------
    ValueError
        When it does not end in ``.png``.
    """
    if not path.lower().endswith(".png"):
        msg = f"the picture's path must end in '.png', not {path!r}: it is saved as PNG"
        raise ValueError(msg)


def _check_replaceable(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file() or not _is_ours(path):
        msg = f"{path} is there, and is no picture that framestore has saved: move it, or name another path"
        raise FileExistsError(msg)


def _is_ours(path: Path) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.info.get("Software") == SOFTWARE
    except UnidentifiedImageError:
        return False
