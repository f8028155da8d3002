"""Which family of documents a camera emits, by name."""

from .datum import DatumDocuments
from .records import Family
from .stream import StreamDocuments

_FAMILIES: dict[str, type[Family]] = {"stream": StreamDocuments, "datum": DatumDocuments}


def documents_family(name: str) -> type[Family]:
    """The family of that name: ``"stream"`` or ``"datum"``.

    Raises
    ------
    ValueError
        When there is none.

    Examples
    --------
    >>> documents_family("stream").external
    'STREAM:'
    """
    if name not in _FAMILIES:
        msg = f"unknown documents {name!r}; choose one of: {', '.join(_FAMILIES)}"
        raise ValueError(msg)
    return _FAMILIES[name]
