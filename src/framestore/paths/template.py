"""Templates that names are made by: those of ``str.format``, with item access only."""

import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from string import Formatter
from typing import Any

import numpy as np

from .names import check_value

_WIDEST = 200
"""Most characters that a field may ask for: no file system takes longer names."""
_OF_TIMES = re.compile("%[a-zA-Z]")
"""In the format of a number it says that the number is a time."""
_FIELD = re.compile(r"(?P<key>[^.\[\]{}]+)(?P<items>(?:\[[^\[\]{}]+\])*)")
_QUOTED = re.compile(r"(['\"]).+\1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What errors say of a template, besides what is wrong."""

    what: str
    """What it makes."""
    example: str = "{scan_id:05d}_{sample[name]}"
    """A template as it should be."""
    lacking: str = (
        "give it to the run, as in RE(plan, proposal='in-1234') or RE.md['proposal'] = 'in-1234', "
        "or change the template"
    )
    """What to do about a value that is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """What stands in braces."""

    name: str
    """As it stands there, without the format."""
    keys: tuple[str | int, ...]
    """Where its value is: a key, then those of what it leads to."""
    spec: str
    """Its format."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """Text with fields. A field can do nothing but look up and format a value: no attribute, no conversion."""

    text: str
    """As it was given."""
    parts: tuple[str | Field, ...]
    """Text and fields in turn."""
    wording: Wording
    """What errors say of it."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its fields."""
        return tuple(part for part in self.parts if isinstance(part, Field))

    @property
    def before(self) -> str:
        """What stands before its first field."""
        first = self.parts[0] if self.parts else ""
        return first if isinstance(first, str) else ""

    def fill(self, values: Mapping[str, Any]) -> str:
        """The text with the values of its fields.

        Raises
        ------
        KeyError
            When one is missing.
        ValueError
            When one is no string, number or date, does not fit its format, or holds what stands in the way of a name.
        """
        return "".join(part if isinstance(part, str) else self._value(part, values) for part in self.parts)

    def try_out(self, known: Mapping[str, Any]) -> str:
        """The text with an ``x`` for what is not known yet."""
        parts = (
            part if isinstance(part, str) else self._value(part, known) if part.keys[0] in known else "x"
            for part in self.parts
        )
        return "".join(parts)

    def _value(self, field: Field, values: Mapping[str, Any]) -> str:
        what = f"field {field.name!r} of the template {self.text!r}: the value"
        value = self._look_up(field, values)
        value = value.item() if isinstance(value, np.generic) else value  # also a bool and a date of numpy's
        if not isinstance(value, (str, numbers.Number, date, time)):
            msg = f"{what} {value!r} is refused: it is of type {type(value).__name__}; use a string, number or date"
            raise ValueError(msg)  # noqa: TRY004 - the type of a value is a value that was given
        if isinstance(value, numbers.Real) and _OF_TIMES.search(field.spec):
            value = _local_time(float(value), what)
        try:
            text = format(value, field.spec)
        except (ValueError, TypeError) as error:
            msg = f"{what} {value!r} does not fit the format {field.spec!r} ({error}); change the template or the value"
            raise ValueError(msg) from error
        folders = isinstance(value, (date, time)) and field.spec  # "%Y/%m/%d": these are of the template
        return text if folders else check_value(text, what)

    def _look_up(self, field: Field, values: Mapping[str, Any]) -> Any:
        found: Any = values
        for key in field.keys:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError) as error:
                there = ", ".join(map(str, found)) if isinstance(found, Mapping) else repr(found)
                msg = (
                    f"the template {self.text!r} needs {field.name!r}, and there is no {key!r} in: {there}; "
                    f"{self.wording.lacking}"
                )
                raise KeyError(msg) from error
        return found


def parse(text: str, what: str | Wording) -> Template:
    """A template from its text; ``what`` it makes is for messages.

    A number with the format of a time, such as ``{time:%Y-%m-%d}``, is a local time, given as POSIX seconds.

    Raises
    ------
    ValueError
        When a field has no name, an attribute, a conversion, a format with fields in it or one of more than 200
        characters, or when a brace has no counterpart.
    TypeError
        When it is no string.

    Examples
    --------
    >>> parse("{scan_id:05d}_{sample[name]}", "file name").fill({"scan_id": 7, "sample": {"name": "Ag"}})
    '00007_Ag'
    """
    wording = Wording(what=what) if isinstance(what, str) else what
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users give what they have
        msg = f"the template of the {wording.what} must be a string, not {text!r}"
        raise TypeError(msg)
    try:
        tokens = list(Formatter().parse(text))
    except ValueError as error:
        raise _refused(text, wording, str(error)) from error
    parts: list[str | Field] = []
    for literal, name, spec, conversion in tokens:
        if literal:
            parts.append(literal)
        if name is not None:
            parts.append(_field(text, wording, name, spec or "", conversion))
    return Template(text=text, parts=tuple(parts), wording=wording)


def _local_time(seconds: float, what: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        msg = f"{what} {seconds!r} is no time in POSIX seconds ({error}); change the template or the value"
        raise ValueError(msg) from error


def _field(text: str, what: Wording, name: str, spec: str, conversion: str | None) -> Field:
    match = _FIELD.fullmatch(name)
    if match is None or match["key"].isdecimal():
        raise _refused(text, what, f"{{{name}}} is not the name of a value")
    if conversion is not None:
        raise _refused(text, what, f"{{{name}}} has the conversion '!{conversion}'")
    if "{" in spec:
        raise _refused(text, what, f"the format {spec!r} has a field in it")
    if any(int(width) > _WIDEST for width in re.findall("[0-9]+", spec)):
        raise _refused(text, what, f"the format {spec!r} is wider than {_WIDEST}")
    items = re.findall(r"\[([^\[\]]+)\]", match["items"])
    if quoted := [item for item in items if _QUOTED.fullmatch(item)]:
        raise _refused(text, what, f"{{{name}}} has quotation marks around {quoted[0][1:-1]}, which need none")
    keys = (match["key"], *(int(item) if item.isdecimal() else item for item in items))
    return Field(name=name, keys=keys, spec=spec)


def _refused(text: str, what: Wording, reason: str) -> ValueError:
    return ValueError(f"the template {text!r} of the {what.what} is refused: {reason}; write it as {what.example!r}")
