"""A path provider whose folders and names are made of metadata."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import PurePath
from typing import Any, cast

from .flavour import as_path
from .info import PathInfo
from .metadata import RunMetadata
from .names import check_name
from .template import Template, parse

_GIVEN = ("datakey_name", "today")


class TemplatePathProvider:
    """Folders and names after scan id, sample, proposal, date: ``/data/{proposal}/{today:%Y/%m/%d}``, ``{scan_id}``.

    Templates are those of ``str.format``, with items (``{sample[name]}``) and formats (``{scan_id:05d}``), and without
    attributes and conversions. Besides what ``metadata`` returns they have ``datakey_name``, the name of the data key,
    and ``today``, a `datetime.date`. A template of a folder may hold separators; a value may not, nor be empty.

    A name that this provider has given before gets ``_1``, ``_2`` and so on: another camera's, or that of the next
    stream. A file of another session is not overwritten: the camera raises FileExistsError.

    Parameters
    ----------
    directory_path
        Template of the folder, absolute.
    filename
        Template of the names of the files, without suffix.
    metadata
        Returns what the fields are looked up in, such as `RunMetadata.get` or ``lambda: {"sample": "Ag"}``. Called
        for each file, if there is such a field.
    directory_uri
        Template of the folder as other machines see it, when not by its path here.
    create_dir_depth
        Which missing folders may be made, as in `PathInfo`.
    today
        Tells the date; by default that of this machine's clock and time zone.

    Raises
    ------
    ValueError
        When a template is refused, or what it makes would be, whatever the metadata.
    TypeError
        When ``metadata`` cannot be called, or is a `RunMetadata` itself instead of its `get`.

    Examples
    --------
    >>> from framestore.paths import TemplatePathProvider
    >>> metadata = {"scan_id": 7, "proposal": "in-1234", "sample": {"name": "Ag"}}
    >>> provider = TemplatePathProvider("/data/{proposal}", "{scan_id:05d}_{sample[name]}", lambda: metadata)
    >>> info = provider("camera_image")
    >>> info.directory_uri, info.filename
    ('file://localhost/data/in-1234/', '00007_Ag')
    >>> provider("camera_image").filename
    '00007_Ag_1'
    """

    def __init__(
        self,
        directory_path: str | PathLike[str],
        filename: str,
        metadata: Callable[[], Mapping[str, Any]],
        *,
        directory_uri: str | None = None,
        create_dir_depth: int = 0,
        today: Callable[[], date] = date.today,
    ) -> None:
        if not callable(metadata) or isinstance(cast("object", metadata), RunMetadata):
            msg = f"metadata must be a function that returns a mapping, such as RunMetadata().get, not {metadata!r}"
            raise TypeError(msg)
        folder = as_path(directory_path)
        self._flavour = type(folder)
        self._folder = parse(str(folder), "folder")
        self._filename = parse(filename, "file name")
        self._uri = None if directory_uri is None else parse(directory_uri, "directory_uri")
        self._metadata = metadata
        self._depth = create_dir_depth
        self._today = today
        self._numbers: dict[tuple[PurePath, str], int] = {}
        self._lock = threading.Lock()
        self._fixed = _fixed_parts(self._flavour, self._folder)
        info = self._info(lambda template: template.try_out({"today": today()}))
        if not self._folder.fields:
            self.directory_path = info.directory_path
            """The folder. Only there where its template has no field: then it is checked at stage (`SettledFolder`)."""
            self.create_dir_depth = info.create_dir_depth
            """Which missing folders may be made, as in `PathInfo`. Only there where the folder is."""

    def __call__(self, datakey_name: str | None = None) -> PathInfo:
        """Folder and name for a file of that data key.

        Raises
        ------
        KeyError
            When a field is not in the metadata.
        ValueError
            When a value, or what the templates make of it, is refused.
        TypeError
            When ``metadata`` returns something else than a mapping.
        RuntimeError
            When no run is open (`RunMetadata`).
        """
        values = self._values(datakey_name)
        info = self._info(lambda template: template.fill(values))
        with self._lock:
            return replace(info, filename=self._unused(info.directory_path, info.filename))

    def _values(self, datakey_name: str | None) -> dict[str, Any]:
        templates = (self._folder, self._filename, *((self._uri,) if self._uri else ()))
        asked = {field.keys[0] for template in templates for field in template.fields}
        values = dict(self._found()) if asked.difference(_GIVEN) else {}
        given = {} if datakey_name is None else {"datakey_name": datakey_name}
        return values | given | {"today": self._today()}

    def _found(self) -> Mapping[str, Any]:
        found = self._metadata()
        if not isinstance(cast("object", found), Mapping):
            msg = f"metadata must return a mapping of names to values; {self._metadata!r} returned {found!r}"
            raise TypeError(msg)
        return found

    def _info(self, fill: Callable[[Template], str]) -> PathInfo:
        folder = self._flavour(fill(self._folder))
        for part in folder.parts[self._fixed :]:  # these are new names, those before are the site's
            check_name(part, f"template {self._folder.text!r}: its part", "change the template or the metadata")
        return PathInfo(
            directory_path=folder,
            filename=check_name(
                fill(self._filename),
                f"template {self._filename.text!r}: the file name",
                "change the template or the metadata; folders belong into directory_path",
            ),
            create_dir_depth=self._depth,
            directory_uri=None if self._uri is None else fill(self._uri),
        )

    def _unused(self, folder: PurePath, name: str) -> str:
        number, unused = self._numbers.get((folder, name), 0), name
        while (folder, unused) in self._numbers:
            number += 1
            unused = f"{name}_{number}"
        self._numbers[folder, name] = number
        self._numbers.setdefault((folder, unused), 0)
        return unused


def _fixed_parts(flavour: type[PurePath], folder: Template) -> int:
    """How many parts of a folder are those of the template alone."""
    if not folder.fields:
        return len(flavour(folder.before).parts)
    end = max(folder.before.rfind("/"), folder.before.rfind("\\"))  # what stands behind it may go on with a value
    return len(flavour(folder.before[: end + 1]).parts)
