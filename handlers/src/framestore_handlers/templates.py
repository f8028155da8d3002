"""Names of the files of a series, by the templates that documents have: ``%s%s_%6.6d.tiff`` or ``name_{:06d}.tiff``."""

import re
from dataclasses import dataclass
from typing import Literal

_WIDEST = 200
"""Most characters of a number in a file name: no file system takes longer names."""
_PRINTF_NUMBER = r"%(?P<flags>[-+ 0]*)(?P<width>\d*)(?:\.(?P<digits>\d*))?(?:ll|l)?(?P<kind>[diu])"
_PRINTF = re.compile(rf"(?P<literal>[^%]+)|(?P<percent>%%)|(?P<name>%s)|(?P<number>{_PRINTF_NUMBER})")
_FORMAT_NUMBER = (
    r"\{0?(?::(?:(?P<fill>[^{}])?(?P<align>[<>=]))?(?P<sign>[-+ ])?(?P<zeros>0)?(?P<width>\d*)(?P<kind>d?))?\}"
)
_FORMAT = re.compile(rf"(?P<literal>[^{{}}]+)|(?P<open>\{{\{{)|(?P<close>\}}\}})|(?P<number>{_FORMAT_NUMBER})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """How a number is written in a file name."""

    width: int = 0
    """Fewest characters; shorter ones are filled up."""
    fill: str = "0"
    """What with."""
    align: Literal["<", ">", "="] = "="
    """Where the number is in them: left, right, or right with its sign on the left."""
    sign: Literal["", "+", " "] = ""
    """What stands before a number that is not negative."""
    digits: int = 1
    """Fewest digits; shorter ones get zeros before them. With 0, the number 0 has none, as in C."""

    def text(self, number: int) -> str:
        """A number, as it stands in a name."""
        digits = str(abs(number)).zfill(self.digits) if number or self.digits else ""
        sign = "-" if number < 0 else self.sign
        padding = self.fill * (self.width - len(sign) - len(digits))
        if self.align == "<":
            return sign + digits + padding
        return sign + padding + digits if self.align == "=" else padding + sign + digits


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A file name with one number in it. It can do nothing but that: no attribute, no conversion, no wide field."""

    before: str
    """What stands before the number."""
    after: str
    """What stands after it."""
    field: Number
    """How the number is written."""

    def name(self, number: int) -> str:
        """Name of the file of that number."""
        return f"{self.before}{self.field.text(number)}{self.after}"

    def matches(self, name: str) -> bool:
        """Whether a file of that name belongs to the series, whatever its number."""
        if len(name) <= len(self.before) + len(self.after):
            return False
        digits = name[len(self.before) : len(name) - len(self.after)]
        return name.startswith(self.before) and name.endswith(self.after) and digits.strip().isdecimal()

    def number(self, name: str) -> int:
        """Number of a file that belongs to the series."""
        return int(name[len(self.before) : len(name) - len(self.after)])


def parse(template: str, filename: str = "") -> Template:
    """The template of a document, in either notation.

    Parameters
    ----------
    template
        In printf's notation, as areaDetector has it, and with C's meaning, ``%s`` stands for the folder, a second one
        for ``filename``; a single one for ``filename``. In the notation of ``str.format`` the number is the only field.
    filename
        What a Resource document gives beside it.

    Raises
    ------
    ValueError
        When it holds no number, several, or anything else that is to be replaced.

    Examples
    --------
    >>> parse("%s%s_%6.6d.tiff", "scan").name(7)
    'scan_000007.tiff'
    >>> parse("scan_{:06d}.jpg").name(7)
    'scan_000007.jpg'
    """
    parts = _parts(template, filename)
    numbers = [part for part in parts if isinstance(part, Number)]
    if len(numbers) != 1:
        raise _refused(template, f"it holds {len(numbers)} numbers instead of one")
    at = parts.index(numbers[0])
    before, after = ("".join(part for part in half if isinstance(part, str)) for half in (parts[:at], parts[at:]))
    return Template(before=_below_folder(before), after=after, field=numbers[0])


def single_name(template: str, filename: str = "") -> str | None:
    """Name of the only file that a template without a number makes; None where it has one.

    areaDetector writes one file of many frames with such, or the same file again and again.

    Raises
    ------
    ValueError
        When it holds anything that cannot be replaced.

    Examples
    --------
    >>> single_name("%s%s.tiff", "scan")
    'scan.tiff'
    """
    parts = _parts(template, filename)
    return None if any(isinstance(part, Number) for part in parts) else _below_folder("".join(map(str, parts)))


def _below_folder(name: str) -> str:
    """Without a slash at the beginning: what writers mean is the folder and the name, one behind the other."""
    return name.lstrip("/")


def _parts(template: str, filename: str) -> "list[str | Number]":
    if not isinstance(filename, str):  # type: ignore[reportUnnecessaryIsInstance] - of a document
        msg = f"its filename is {filename!r:.80}, expected text"
        raise TypeError(msg)
    # names of files, which templates of the one notation hold as they are, may look like the other notation
    is_format = re.search(_FORMAT_NUMBER, template) is not None
    has_number = re.search(_PRINTF_NUMBER, template) is not None
    printf = not is_format or bool(filename and template.startswith("%s") and has_number)
    return _printf_parts(template, filename) if printf else _format_parts(template)


def _refused(template: str, reason: str) -> ValueError:
    return ValueError(f"template {template!r} is refused: {reason}; such as '%s%s_%6.6d.tiff' or 'name_{{:06d}}.tiff'")


def _tokens(notation: re.Pattern[str], template: str) -> list[re.Match[str]]:
    tokens = list(notation.finditer(template))
    if "".join(token[0] for token in tokens) != template:
        raise _refused(template, "only one number, and the file name, can stand in it")
    return tokens


def _printf_parts(template: str, filename: str) -> list[str | Number]:
    tokens = _tokens(_PRINTF, template)
    fields = "".join("s" if token["name"] else "d" for token in tokens if token["name"] or token["number"])
    if fields not in ("", "s", "ss", "d", "sd", "ssd", "dd", "sdd", "ssdd"):
        raise _refused(template, "what it is filled with are the folder, the name and the number, in this order")
    names = fields.count("s")
    if names == 2 and not tokens[0]["name"]:
        raise _refused(template, "its first %s is the folder, which nothing can stand before")
    values = ["", filename][-names:] if names else []
    parts: list[str | Number] = []
    for token in tokens:
        if token["number"]:
            parts.append(_printf_number(template, token))
        elif token["name"]:
            parts.append(values.pop(0))
        else:
            parts.append("%" if token["percent"] else token["literal"])
    if names == 2 and isinstance(literal := parts[1], str) and tokens[1]["literal"]:
        parts[1] = literal.lstrip("/\\")  # one behind that of the folder means nothing
    return parts


def _printf_number(template: str, token: re.Match[str]) -> Number:
    """A number in C's notation, https://en.cppreference.com/w/c/io/fprintf.

    A precision is the fewest digits, filled by zeros. The flag 0 then counts for nothing, nor does it beside ``-``. A
    number without a sign has none whatever its flags. ``h`` and ``hh``, whose numbers begin anew, are refused.
    """
    flags, width, digits = token["flags"], _width(template, token["width"]), token["digits"]
    zeros = "0" in flags and "-" not in flags and digits is None
    return Number(
        width=width,
        fill="0" if zeros else " ",
        align="<" if "-" in flags else "=" if zeros else ">",
        sign="" if token["kind"] == "u" else "+" if "+" in flags else " " if " " in flags else "",
        digits=1 if digits is None else _width(template, digits),
    )


def _format_parts(template: str) -> list[str | Number]:
    return [
        _format_number(template, token) if token["number"] else token["literal"] or token[0][0]
        for token in _tokens(_FORMAT, template)
    ]


def _format_number(template: str, token: re.Match[str]) -> Number:
    """A number in Python's notation, https://docs.python.org/3/library/string.html#formatspec."""
    zeros = token["zeros"] is not None
    fill = token["fill"] or ("0" if zeros else " ")
    align = token["align"] or ("=" if zeros else ">")
    if fill.isdigit() and (fill != "0" or align == "<"):
        raise _refused(template, f"a number that is filled up by {fill!r} looks like another number")
    return Number(
        width=_width(template, token["width"]),
        fill=fill,
        align="<" if align == "<" else ">" if align == ">" else "=",
        sign="+" if token["sign"] == "+" else " " if token["sign"] == " " else "",
    )


def _width(template: str, digits: str | None) -> int:
    width = int(digits) if digits and len(digits) < 10 else _WIDEST + 1 if digits else 0
    if width > _WIDEST:
        raise _refused(template, f"its number is {digits:.20} characters wide, more than {_WIDEST}")
    return width
