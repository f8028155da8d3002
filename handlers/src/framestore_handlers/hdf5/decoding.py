"""What HDF5's filters did to a chunk, undone without HDF5: by functions that several threads can call at once.

The filters' numbers, and what they make, are those of
https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import h5py
import numpy as np

from . import bitshuffle
from .undo import Bytes, Options, Undo, check_size

_SHUFFLE = 2
_BLOSC_HEAD = 16
"""Bytes before blosc's first block: https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst"""
_BLOSC_INSIDE = 6
"""Which of blosc's options says what is inside."""
_BLOSC_CODES = (0, 1, 4, 5)
"""blosclz, lz4, zlib and zstd."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """The filters of a dataset."""

    undo: tuple[Undo, ...]
    """How each is undone, in the order in which they were applied."""

    @classmethod
    def of(cls, dataset: h5py.Dataset) -> "Filters | None":
        """The filters of a dataset; None where HDF5 itself has to undo one of them."""
        plist = dataset.id.get_create_plist()
        found = [plist.get_filter(number) for number in range(plist.get_nfilters())]
        if any(code != _SHUFFLE for code, *_ in found[:-1]):  # it would have to be known how large its result was
            return None
        if found and found[-1][0] == _SHUFFLE:  # chunks at the edge may be without, and look the same
            return None
        undo = [_KNOWN[code](options) if code in _KNOWN else None for code, _, options, _ in found]
        known = tuple(one for one in undo if one is not None)
        return cls(undo=known) if len(known) == len(undo) else None

    def decode(self, data: Bytes, mask: int, out: Bytes) -> None:
        """Fill ``out`` with the bytes of a chunk.

        Parameters
        ----------
        data
            What stands in the file.
        mask
            A bit for each filter that was left out of this chunk.
        out
            Room for the chunk, and no more.

        Raises
        ------
        Exception
            When it is damaged: each library has its own.
        """
        undo = [one for number, one in enumerate(self.undo) if not mask >> number & 1]
        for one in reversed(undo[1:]):
            between = np.empty_like(out)
            one(data, between)
            data = between
        (undo[0] if undo else _copied)(data, out)


def _copied(data: Bytes, out: Bytes) -> None:
    check_size(len(data), len(out))
    out[:] = data


def _shuffle(options: Options) -> Undo | None:
    return partial(_unshuffled, itemsize=options[0]) if options and options[0] > 0 else None


def _unshuffled(data: Bytes, out: Bytes, *, itemsize: int) -> None:
    """Bytes of one weight stood together; what was too few for a value was left at the end."""
    check_size(len(data), len(out))
    values = len(out) // itemsize
    whole = values * itemsize
    for weight, plane in enumerate(data[:whole].reshape(itemsize, values)):
        out[weight:whole:itemsize] = plane
    out[whole:] = data[whole:]


def _gzip(options: Options) -> Undo | None:
    del options  # how hard it was tried
    return _imagecodecs("deflate") or _inflated


def _inflated(data: Bytes, out: Bytes) -> None:
    pixels = zlib.decompressobj().decompress(data.data, len(out))
    check_size(len(pixels), len(out))
    out[:] = np.frombuffer(pixels, np.uint8)


def _lz4(options: Options) -> Undo | None:
    del options  # the chunk says it itself
    return _imagecodecs("lz4h5")


def _zstd(options: Options) -> Undo | None:
    del options  # as with gzip
    return _imagecodecs("zstd")


def _blosc(options: Options) -> Undo | None:
    inside = options[_BLOSC_INSIDE] if len(options) > _BLOSC_INSIDE else 0
    decode = _imagecodecs("blosc", numthreads=1)
    return partial(_unblosced, decode=decode) if decode and inside in _BLOSC_CODES else None


def _unblosced(data: Bytes, out: Bytes, *, decode: Undo) -> None:
    """The library believes the head; see it be right first."""
    head = data[:_BLOSC_HEAD]
    check_size(len(head), _BLOSC_HEAD)
    check_size(int(head[4:8].view("<u4")[0]), len(out))
    if int(head[12:16].view("<u4")[0]) != len(data):
        msg = f"it has {len(data)} bytes, but says that it has {int(head[12:16].view('<u4')[0])}"
        raise OSError(msg)
    decode(data, out)


def _imagecodecs(codec: str, **options: Any) -> Undo | None:
    """How imagecodecs decodes; None where it is not installed, or lacks that codec."""
    try:
        import imagecodecs  # noqa: PLC0415 - optional, and slow to import
    except ModuleNotFoundError:
        return None
    library: Any = imagecodecs  # its types know of no arrays
    name = codec.upper()
    if not hasattr(library, name) or not getattr(library, name).available:
        return None
    return partial(_decoded, decode=getattr(library, f"{codec}_decode"), options=options)


def _decoded(data: Bytes, out: Bytes, *, decode: Callable[..., Any], options: Mapping[str, Any]) -> None:
    check_size(len(decode(data, out=out, **options)), len(out))


_KNOWN: Mapping[int, Callable[[Options], Undo | None]] = {
    1: _gzip,
    _SHUFFLE: _shuffle,
    32001: _blosc,
    32004: _lz4,
    32008: bitshuffle.undo,
    32015: _zstd,
}
