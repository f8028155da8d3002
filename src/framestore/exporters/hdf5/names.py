"""Names of streams and fields as names in an HDF5 file, where a slash is none."""

from urllib.parse import unquote

DOCUMENTS = "documents"
"""Group of the documents; a stream of that name is called otherwise."""
NAME = "name"
"""Attribute that says what a stream, or a field, is called in the documents."""


def escaped(name: str) -> str:
    """A name as one part of a path in an HDF5 file.

    What HDF5 takes for something else stands as in a URI, and so does the percent sign itself: `unescaped` tells the
    name. All others, beyond ASCII too, are themselves.

    Examples
    --------
    >>> escaped("camera/image"), escaped("."), escaped("100%"), escaped("Größe")
    ('camera%2Fimage', '%2E', '100%25', 'Größe')
    """
    if name in (".", "..", ""):
        return name.replace(".", "%2E") or "%"
    return "".join(_quoted(character) if _is_taken(character) else character for character in name)


def unescaped(name: str) -> str:
    """The name that was escaped.

    Examples
    --------
    >>> unescaped("camera%2Fimage")
    'camera/image'
    """
    return "" if name == "%" else unquote(name, errors="surrogatepass")


def group_of(stream: str) -> str:
    """Name of the group of a stream.

    Examples
    --------
    >>> group_of("primary"), group_of("documents")
    ('primary', '%64ocuments')
    """
    return f"{_quoted(stream[0])}{stream[1:]}" if stream == DOCUMENTS else escaped(stream)


def _is_taken(character: str) -> bool:
    return character in "/%\0" or "\ud800" <= character <= "\udfff"


def _quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode(errors="surrogatepass"))
