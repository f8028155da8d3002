"""Names of the files of a series, by the templates that documents have: ``%s%s_%6.6d.tiff`` or ``name_{:06d}.tiff``."""

import re
from dataclasses import dataclass

_WIDEST = 200
"""Most digits of a number in a file name: no file system takes longer names."""
_PRINTF_NUMBER = r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?d"
_PRINTF = re.compile(rf"(?P<literal>[^%]+)|(?P<percent>%%)|(?P<name>%s)|(?P<number>{_PRINTF_NUMBER})")
_FORMAT_NUMBER = r"\{0?(?::(?P<zeros>0?)(?P<width>\d*)d?)?\}"
_FORMAT = re.compile(rf"(?P<literal>[^{{}}]+)|(?P<open>\{{\{{)|(?P<close>\}}\}})|(?P<number>{_FORMAT_NUMBER})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A file name with one number in it. It can do nothing but that: no attribute, no conversion, no wide field."""

    before: str
    """What stands before the number."""
    after: str
    """What stands after it."""
    width: int
    """Fewest characters of the number; shorter ones are filled up."""
    fill: str = "0"
    """What with: ``"0"`` or a space."""

    def name(self, number: int) -> str:
        """Name of the file of that number."""
        return f"{self.before}{number:{self.fill}>{self.width}d}{self.after}"

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
        In printf's notation, as areaDetector has it, ``%s`` stands for the folder, a second one for ``filename``; a
        single one for ``filename``. In the notation of ``str.format`` the number is the only field.
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
    both = re.search(_PRINTF_NUMBER, template) is not None  # the name of a file may look like the other notation
    printf = ("%s" in template and both) or not re.search(_FORMAT_NUMBER, template)
    parts = _printf_parts(template, filename) if printf else _format_parts(template)
    numbers = [part for part in parts if isinstance(part, tuple)]
    if len(numbers) != 1:
        raise _refused(template, f"it holds {len(numbers)} numbers instead of one")
    fill, width = numbers[0]
    if width > _WIDEST:
        raise _refused(template, f"its number is {width} characters wide, more than {_WIDEST}")
    at = parts.index(numbers[0])
    before, after = ("".join(part for part in half if isinstance(part, str)) for half in (parts[:at], parts[at:]))
    return Template(before=before, after=after, width=width, fill=fill)


def _refused(template: str, reason: str) -> ValueError:
    return ValueError(f"template {template!r} is refused: {reason}; such as '%s%s_%6.6d.tiff' or 'name_{{:06d}}.tiff'")


def _tokens(notation: re.Pattern[str], template: str) -> list[re.Match[str]]:
    tokens = list(notation.finditer(template))
    if "".join(token[0] for token in tokens) != template:
        raise _refused(template, "only one number, and the file name, can stand in it")
    return tokens


def _printf_parts(template: str, filename: str) -> list[str | tuple[str, int]]:
    tokens = _tokens(_PRINTF, template)
    names = sum(token["name"] is not None for token in tokens)
    if names > 2:
        raise _refused(template, f"it holds {names} times %s")
    values = ["", filename][-names:] if names else []
    parts: list[str | tuple[str, int]] = []
    for token in tokens:
        if token["number"]:
            parts.append(_printf_number(template, token))
        elif token["name"]:
            parts.append(values.pop(0))
        else:
            parts.append("%" if token["percent"] else token["literal"])
    return parts


def _printf_number(template: str, token: re.Match[str]) -> tuple[str, int]:
    """Fill and width. A precision is digits, filled with zeros; a width beyond it is filled by spaces."""
    if set(token["flags"]) - {"0"}:
        raise _refused(template, f"the flags {token['flags']!r} are not read")
    width = int(token["width"] or 0)
    if token["precision"] is None:
        return ("0" if token["flags"] else " "), width
    digits = int(token["precision"] or 0)
    if width > digits:
        raise _refused(template, f"a number of {digits} digits in {width} characters is not read")
    return "0", digits


def _format_parts(template: str) -> list[str | tuple[str, int]]:
    parts: list[str | tuple[str, int]] = []
    for token in _tokens(_FORMAT, template):
        if token["number"]:
            parts.append(("0" if token["zeros"] else " ", int(token["width"] or 0)))
        else:
            parts.append(token["literal"] or token[0][0])
    return parts
