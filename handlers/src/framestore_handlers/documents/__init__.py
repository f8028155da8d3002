"""Where the documents of a run come from: each module turns one kind of source into (name, document) pairs."""

from .choice import Documents, Pair, pairs
from .jsonl import CutFileWarning

__all__ = ["CutFileWarning", "Documents", "Pair", "pairs"]
