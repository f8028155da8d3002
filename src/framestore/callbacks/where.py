"""Where a picture goes: a path, or a template that makes one of a run's start document."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any

from framestore.paths.template import parse

from .picture_file import check_suffix

_KNOWN = ("start", "field")


class Where:
    """The file of a picture.

    Parameters
    ----------
    path
        A path that ends in ``.png``; fields such as ``{start[scan_id]}`` and ``{field}`` are filled in. A relative one
        begins at the folder in which the process is now.

    Raises
    ------
    ValueError
        When it ends otherwise, is no template, or asks for something else.

    Examples
    --------
    >>> Where("/data/pictures/{start[scan_id]:05d}.png").of({"scan_id": 7}, "camera_image").name
    '00007.png'
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        check_suffix(fspath(path))
        self._template = parse(fspath(Path(path).absolute()), "picture's path")
        for field in self._template.fields:
            if field.keys[0] not in _KNOWN:
                msg = f"the picture's path {fspath(path)!r} has a field {field.name!r}; there are: {', '.join(_KNOWN)}"
                raise ValueError(msg)

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
