"""Where the documents of a run come from: each module turns one kind of source into (name, document) pairs."""

from .choice import Documents, Readable, pairs, source
from .folder import NotDocumentsWarning, RepeatedRunWarning
from .items import CutFileWarning, Pair
from .live import Source

__all__ = ["CutFileWarning", "Documents", "NotDocumentsWarning", "Pair", "Readable", "RepeatedRunWarning", "Source"]
__all__ += ["pairs", "source"]
