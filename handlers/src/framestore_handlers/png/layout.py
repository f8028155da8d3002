"""How the files of a series of PNG images are named, and what documents say of them."""

from framestore_handlers.layout import SeriesLayout

LAYOUT = SeriesLayout(
    name="png",
    spec="FRAMESTORE_PNG",
    mimetype="multipart/related;type=image/png",
    suffix=".png",
)
ORDER = "<"
"""Byte order of the pixels that a checksum is of; see `framestore_handlers.checksum`."""
