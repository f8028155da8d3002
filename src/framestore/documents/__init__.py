"""The documents of bluesky's event model that tell where frames are: StreamResource/StreamDatum, Resource/Datum."""

from .datum import DatumDocuments
from .documents import AssetDocuments
from .family import documents_family
from .place import Place
from .stream import StreamDocuments

__all__ = ["AssetDocuments", "DatumDocuments", "Place", "StreamDocuments", "documents_family"]
