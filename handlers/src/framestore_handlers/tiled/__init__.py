"""What a Tiled server, and the TiledWriter that tells it of runs, lack for the files of framestore.

Here are the consolidators that TiledWriter makes data sources with, the adapters that the server reads them with, and
`register`, which makes both known. How a run of a server is read is up to ``framestore_handlers.documents``.
"""

from .registration import register

__all__ = ["register"]
