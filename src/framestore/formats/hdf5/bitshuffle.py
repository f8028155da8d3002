"""Bitshuffle, by the functions in hdf5plugin's own filter: it is the library that reads the chunks back."""

import ctypes
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FILTER = "libh5bshuf"
_SIZE = ctypes.c_size_t
_HEAD = 12
"""Bytes before the first block: those of the chunk (8) and of a block (4), both big-endian."""


@cache
def functions() -> ctypes.CDLL:
    """hdf5plugin's filter, with the functions that compress told to ctypes. Calls release the interpreter's lock.

    https://github.com/kiyo-masui/bitshuffle/blob/master/src/bitshuffle.h

    Raises
    ------
    ModuleNotFoundError
        When there is no hdf5plugin.
    ImportError
        When its filter keeps those functions to itself, as it does on Windows.
    """
    import hdf5plugin  # noqa: PLC0415 - optional

    files = sorted(Path(hdf5plugin.PLUGIN_PATH).glob(f"{_FILTER}.*"))
    try:
        found = ctypes.CDLL(str(files[0]))
        lz4, zstd = found.bshuf_compress_lz4, found.bshuf_compress_zstd
    except (IndexError, AttributeError) as error:
        msg = f"hdf5plugin {hdf5plugin.version} offers no bitshuffle functions here; take compression='blosc' or 'zstd'"
        raise ImportError(msg) from error
    lz4.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _SIZE, _SIZE, _SIZE]
    zstd.argtypes = [*lz4.argtypes, ctypes.c_int]
    lz4.restype = zstd.restype = ctypes.c_int64
    found.bshuf_default_block_size.argtypes = [_SIZE]
    found.bshuf_default_block_size.restype = _SIZE
    return found


def compress(data: NDArray[np.uint8], out: NDArray[np.uint8], *, itemsize: int, zstd_level: int | None) -> int:
    """Compress a chunk as the filter does, with lz4, or with zstd of a level; return the bytes of ``out`` that it took.

    Raises
    ------
    RuntimeError
        When the library refuses.
    """
    filters = functions()
    if hasattr(filters, "omp_set_num_threads"):  # threads of its own collapse where other work is under way
        filters.omp_set_num_threads(1)
    block = filters.bshuf_default_block_size(itemsize)
    out[:8].view(">u8")[0] = data.nbytes
    out[8:_HEAD].view(">u4")[0] = block * itemsize
    arguments = (data.ctypes.data, out[_HEAD:].ctypes.data, data.nbytes // itemsize, itemsize, block)
    if zstd_level is None:
        size = filters.bshuf_compress_lz4(*arguments)
    else:
        size = filters.bshuf_compress_zstd(*arguments, zstd_level)
    if size < 0:
        msg = f"bitshuffle could not compress a chunk of {data.nbytes} bytes: error {size}"
        raise RuntimeError(msg)
    return _HEAD + size
