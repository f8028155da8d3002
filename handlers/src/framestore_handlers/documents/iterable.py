"""Documents that are in memory already."""

from collections.abc import Iterable, Iterator

from .items import Pair


def pairs(documents: Iterable[Pair]) -> Iterator[Pair]:
    """The pairs of ``documents``, each checked to be one.

    Raises
    ------
    TypeError
        When ``documents`` cannot be iterated, or an item is not a (name, document) pair.
    """
    try:
        items = iter(documents)
    except TypeError:
        msg = f"documents must be a file or an iterable of (name, document) pairs, not {type(documents).__name__}"
        raise TypeError(msg) from None
    for item in items:
        match item:
            case (str() as name, dict() as document):
                yield name, document
            case _:
                msg = f"documents must be a run, a file, or (name, document) pairs; got {item!r:.80} out of it"
                raise TypeError(msg)
