"""The names of exported files, out of a template, all of them before the first is written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePath
from typing import Any

from framestore_handlers import Run

from framestore.paths.names import check_name
from framestore.paths.template import Template, Wording, parse

from .selection import Field

OF_A_FRAME = ("seq_num", "frame", "i", "event")
"""What a template may ask for that differs from frame to frame of a field."""
_OF_A_FIELD = ("stream", "field")
_OF_A_RUN = ("start", "stop")
_KNOWN = (*_OF_A_RUN, *_OF_A_FIELD, *OF_A_FRAME)
_WORDING = Wording(
    what="exported files",
    example="{start[scan_id]}_{stream}_{field}_{seq_num:05d}_{frame}.tiff",
    lacking="change the template",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Frames that a file is for: one, or all of a field."""

    path: Path
    """The file."""
    field: Field
    """The field."""
    first: int
    """Number of the first of them in the field, counted through."""
    frames: int = 1
    """How many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """A template of names, in a folder.

    Raises
    ------
    KeyError
        When the template asks for something that there never is; it names what there is.
    ValueError
        When the template is none, or asks for something that is not one value for all that a file holds.
    """

    directory: Path
    """Where the files go."""
    template: Template
    """Of their names."""
    run: Run
    """The run."""

    @classmethod
    def of(cls, run: Run, directory: "str | PathLike[str]", template: str, refused: Iterable[str] = ()) -> "Names":
        """The names that a template makes; fields in ``refused`` are no single value for all that a file holds."""
        parsed = parse(template, _WORDING)
        for field in parsed.fields:
            if field.keys[0] not in _KNOWN:
                msg = f"the template {template!r} asks for {field.name!r}; there is: {', '.join(_KNOWN)}"
                raise KeyError(msg)
            if field.keys[0] in refused:
                msg = (
                    f"the template {template!r} asks for {field.name!r}, which is not one value for all frames of a "
                    "file; leave it out"
                )
                raise ValueError(msg)
        return cls(directory=Path(directory).absolute(), template=parsed, run=run)

    def asks_for(self, *keys: str) -> bool:
        """Whether one of these is in the template."""
        return any(field.keys[0] in keys for field in self.template.fields)

    def of_frames(self, field: Field) -> Iterator[Named]:
        """A file of each frame of a field."""
        in_an_event = field.pixels.shape[1]
        known = self._known(field)
        for row, (seq_num, event) in enumerate(zip(field.seq_nums.tolist(), field.events, strict=True)):
            of_the_event = known | {"seq_num": seq_num, "event": event}
            for frame in range(in_an_event):
                path = self.path(of_the_event | {"frame": frame, "i": frame})
                yield Named(path=path, field=field, first=row * in_an_event + frame)

    def of_field(self, field: Field) -> Named:
        """A file of all frames of a field."""
        count = field.pixels.shape[0] * field.pixels.shape[1]
        return Named(path=self.path(self._known(field)), field=field, first=0, frames=count)

    def path(self, values: dict[str, Any]) -> Path:
        """The file whose name the template makes of these values; ``start`` and ``stop`` are known.

        Raises
        ------
        KeyError
            When a value is missing.
        ValueError
            When a value, or the name, is refused.
        """
        text = self.template.fill({"start": self.run.start, "stop": self.run.stop} | values)
        relative = PurePath(text)
        if not text or text.endswith("/") or relative.is_absolute() or ".." in relative.parts:
            msg = (
                f"the template {self.template.text!r} makes {text!r}, which is no file in {self.directory}; leave out "
                "'..', begin with the name of a file or a folder, and end with that of a file"
            )
            raise ValueError(msg)
        for part in relative.parts:
            check_name(part, f"template {self.template.text!r}: its part", "change the template")
        return self.directory / relative

    @staticmethod
    def _known(field: Field) -> dict[str, Any]:
        return {"stream": field.stream.name, "field": field.key}


def checked(files: Iterable[Named], template: str) -> list[Named]:
    """The same, when no two have one name. All lie equally deep: none is a folder that another needs.

    Raises
    ------
    ValueError
        When two have; it names both, and what the template lacks.
    """
    found: dict[Path, Named] = {}
    for named in files:
        other = found.setdefault(named.path, named)
        if other is not named:
            raise _collision(other, named, template)
    return list(found.values())


def _collision(one: Named, other: Named, template: str) -> ValueError:
    """Say which frames want one name, and by what they differ."""
    differ = [
        name
        for name, a, b in (
            ("stream", one.field.stream.name, other.field.stream.name),
            ("field", one.field.key, other.field.key),
            ("seq_num", _place(one)[0], _place(other)[0]),
            ("frame", _place(one)[1], _place(other)[1]),
        )
        if a != b
    ]
    advice = f"add {' or '.join(f'{{{name}}}' for name in differ)} to it" if differ else "load it with repeats='last'"
    return ValueError(f"the template {template!r} makes {one.path} of {_what(one)} and of {_what(other)}; {advice}")


def _what(named: Named) -> str:
    if named.frames != 1:
        return named.field.name
    seq_num, frame = _place(named)
    return f"frame {frame} of event {seq_num} of {named.field.name}"


def _place(named: Named) -> tuple[int, int]:
    """Sequence number of a frame, and its number within the event; of all frames of a field, nothing that differs."""
    if named.frames != 1:
        return 0, 0
    row, frame = divmod(named.first, named.field.pixels.shape[1])
    return int(named.field.seq_nums[row]), frame
