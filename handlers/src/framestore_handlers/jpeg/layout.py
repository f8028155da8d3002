"""How the files of a series of JPEG images are named, and what documents say of them."""

from framestore_handlers.layout import SeriesLayout

LAYOUT = SeriesLayout(
    name="jpeg",
    spec="FRAMESTORE_JPEG",
    mimetype="multipart/related;type=image/jpeg",
    suffix=".jpg",
)
