"""Which streams and fields go into which file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from framestore.exporters.naming import Names
from framestore.exporters.selection import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a file is for."""

    path: Path
    """The file."""
    streams: tuple[str, ...]
    """The streams in it, by name."""
    fields: tuple[Field, ...]
    """The fields whose frames are in it."""


def parts(names: Names, streams: Sequence[str], fields: Sequence[Field]) -> list[Part]:
    """The files of some streams and fields: one, or as many as the template tells apart.

    Raises
    ------
    KeyError
        When a value is missing that the template asks for.
    ValueError
        When two files would get one name, or a name is refused.
    """
    by_stream, by_field = names.asks_for("stream"), names.asks_for("field")
    if by_field:
        keys = list(dict.fromkeys((field.stream.name if by_stream else None, field.key) for field in fields))
    else:
        keys = [(stream, None) for stream in streams] if by_stream else [(None, None)]
    found: dict[Path, Part] = {}
    for stream, key in keys:
        given = {name: value for name, value in (("stream", stream), ("field", key)) if value is not None}
        path = names.path(given)
        if path in found:
            msg = f"the template {names.template.text!r} makes {path} of two files; tell their streams and fields apart"
            raise ValueError(msg)
        inside = tuple(field for field in fields if stream in (None, field.stream.name) and key in (None, field.key))
        named = (field.stream.name for field in inside) if by_field else streams
        found[path] = Part(
            path=path,
            streams=tuple(dict.fromkeys(name for name in named if stream in (None, name))),
            fields=inside,
        )
    return list(found.values())
