"""How the files of a series of TIFF images are named, what documents say of them, and the tags that they bear."""

from enum import IntEnum

from framestore_handlers.layout import SeriesLayout

LAYOUT = SeriesLayout(
    name="tiff",
    spec="AD_TIFF",
    mimetype="multipart/related;type=image/tiff",
    suffix=".tiff",
)


class Tag(IntEnum):
    """Tags of a page.

    TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf; ``EXPOSURE_TIME`` is Exif's. Those from
    65000 on are areaDetector's, https://areadetector.github.io/areaDetector/ADCore/NDFileTIFF.html, but for
    ``PAGE_BYTES``, which is ours.
    """

    SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    DESCRIPTION = 270
    OFFSETS = 273
    SAMPLES = 277
    ROWS_PER_STRIP = 278
    BYTE_COUNTS = 279
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANAR = 284
    RESOLUTION_UNIT = 296
    SOFTWARE = 305
    DATE_TIME = 306
    PREDICTOR = 317
    TILE_WIDTH = 322
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    EXPOSURE_TIME = 33434
    TIMESTAMP = 65000
    """Start of the exposure, seconds since `EPICS_EPOCH`."""
    FRAME_ID = 65001
    """Number that the camera gave the frame."""
    SECONDS = 65002
    """Whole seconds of ``TIMESTAMP``."""
    NANOSECONDS = 65003
    """And what is left of them."""
    PAGE_BYTES = 65100
    """Of the first page of a stack: bytes from a page to the next, where that is the same for all; else 0."""


class Type(IntEnum):
    """Types of a tag's values."""

    ASCII = 2
    SHORT = 3
    LONG = 4
    RATIONAL = 5
    DOUBLE = 12
    LONG8 = 16


class Compression(IntEnum):
    """Ways in which the pixels of a page are stored; the names are those of the settings."""

    NONE = 1
    LZW = 5
    DEFLATE = 8
    OLD_DEFLATE = 32946
    ZSTD = 50000


class Sample(IntEnum):
    """What the bits of a pixel are."""

    UNSIGNED = 1
    SIGNED = 2
    FLOAT = 3


EPICS_EPOCH = 631_152_000
"""POSIX seconds of 1990-01-01, from which areaDetector's timestamps count."""
