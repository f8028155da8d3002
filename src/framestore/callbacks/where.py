"""Where a picture goes: a path, or a template that makes one of a run's start document."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from framestore.paths.template import parse

from .picture_file import check_suffix


class Where:
    """The file of a picture.

    Parameters
    ----------
    path
        A path that ends in ``.png``; fields such as ``{start[scan_id]}`` and ``{field}`` are filled in.

    Raises
    ------
    ValueError
        When it ends otherwise, or is no such template.

    Examples
    --------
    >>> Where("/data/pictures/{start[scan_id]:05d}.png").of({"scan_id": 7}, "camera_image").name
    '00007.png'
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        text = fspath(path)
        check_suffix(text)
        self._template = parse(text, "picture's path")

    def of(self, start: dict[str, Any], field: str) -> Path:
        """The file for a run.

        Raises
        ------
        KeyError
            When the start document has not what the template asks for.
        ValueError
            When its value holds what does not belong into a name, such as a separator.
        """
        return Path(self._template.fill({"start": start, "field": field}))
