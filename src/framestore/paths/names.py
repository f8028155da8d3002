"""Which names of files and folders are refused: those that some file system, or the URI of a document, cannot carry."""

import re
import unicodedata

LONGEST_NAME = 240
"""Bytes of a file name without suffix. Most file systems take 255; a format adds its suffix, a series its numbers."""
LONGEST_PART = 255
"""Bytes of the name of a folder."""

_UNSAFE_IN_URI = frozenset("%#?")
_SEPARATORS = frozenset("/\\")
_UNSAFE_ON_WINDOWS = frozenset('<>:"|*')
_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories: control characters, and separators of lines and paragraphs."""
_INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Characters that show nothing, or turn the direction of what follows; some of them HFS+ does not compare.

The two joiners, U+200C and U+200D, are none of them: words of some languages, and emoji, need them.

https://developer.apple.com/library/archive/technotes/tn/tn1150.html (ignorable characters)
"""
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)
"""Windows takes these for devices, with any suffix, in any folder.

https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""
_ACTION = "have the path provider give another name"


def check_name(name: object, what: str = "file name", action: str = _ACTION) -> str:
    """The name of a new file, if every file system and the URIs of documents can carry it.

    Parameters
    ----------
    name
        Without suffix.
    what
        What it is the name of, for the message.
    action
        What to do if it is refused, for the message.

    Raises
    ------
    ValueError
        When they cannot.
    TypeError
        When it is no string.
    """
    text = _string(name, what)
    reason = _no_name(text) or _characters(text, _SEPARATORS | _UNSAFE_ON_WINDOWS) or _invisible(text)
    reason = reason or _reserved(text)
    _refuse(text, what, reason or _longer(text, LONGEST_NAME), action)
    normal = unicodedata.normalize("NFC", text)
    if text != normal:  # where "é" may be one character or two, macOS finds the file by both and others do not
        reason = "it is not in Unicode's form NFC, and the name in that form, which looks the same, is another file's"
        _refuse(text, what, reason, f"have the path provider give {normal!r}")
    return text


def check_value(value: str, what: str) -> str:
    """A piece of a name, if none of its characters stands in the way.

    Raises
    ------
    ValueError
        When it is empty, ``.`` or ``..``, or one does.
    """
    reason = _no_name(value) or _characters(value, _SEPARATORS | _UNSAFE_ON_WINDOWS) or _invisible(value)
    _refuse(value, what, reason, "give another value")
    return value


def check_part(part: str, what: str, *, windows: bool) -> None:
    """Refuse the name of a folder that its file system, or a URI, cannot carry.

    A folder may be there already, and belong to others: what is merely unwise is let through.

    Raises
    ------
    ValueError
        When they cannot.
    """
    reason = _no_name(part) or _characters(part, _UNSAFE_ON_WINDOWS if windows else frozenset())
    if windows:
        reason = reason or _reserved(part)
    _refuse(part, what, reason or _longer(part, LONGEST_PART))


def check_uri_text(text: str, what: str) -> None:
    """Refuse what a URI that nobody decodes cannot carry; ValueError."""
    _refuse(text, what, _characters(text, frozenset()), "give one that nobody has to decode")


def _refuse(name: str, what: str, reason: str | None, action: str = "have the path provider give another name") -> None:
    if reason is not None:
        msg = f"{what} {name!r} is refused: {reason}; {action}"
        raise ValueError(msg)


def _string(name: object, what: str) -> str:
    if not isinstance(name, str):
        msg = f"{what} {name!r} is refused: it is of type {type(name).__name__}; have the path provider give a str"
        raise TypeError(msg)
    return name


def _no_name(name: str) -> str | None:
    return "it is no name" if not name.strip() or name in (".", "..") else None


def _characters(name: str, forbidden: frozenset[str]) -> str | None:
    plain = name.isascii() and name.isprintable()
    controls = set[str]() if plain else {one for one in name if unicodedata.category(one) in _CONTROLS}
    found = sorted(((forbidden | _UNSAFE_IN_URI) & set(name)) | controls)
    if found:
        return f"it holds {', '.join(map(repr, found))}"
    try:
        name.encode()
    except UnicodeEncodeError as error:
        return f"it holds {name[error.start]!r}, which is no character (the file's name was not UTF-8)"
    return None


def _invisible(name: str) -> str | None:
    found = sorted(set(_INVISIBLE.findall(name)))
    if not found:
        return None
    return f"it holds {', '.join(map(repr, found))}, which cannot be seen: a name that looks the same is another file's"


def _reserved(name: str) -> str | None:
    if _RESERVED.fullmatch(name):
        return "Windows takes it for a device"
    if name[-1] in ". ":
        return f"Windows drops the {name[-1]!r} at its end"
    return None


def _longer(name: str, limit: int) -> str | None:
    size = len(name.encode())
    return f"it has {size} bytes, more than {limit}" if size > limit else None
