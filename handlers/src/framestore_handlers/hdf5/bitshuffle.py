"""Bitshuffle, by the functions in hdf5plugin's own filter, and not before the chunk is known to be what it says.

https://github.com/kiyo-masui/bitshuffle/blob/master/src/bitshuffle_core.h
"""

import ctypes
import struct
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from .undo import Bytes, Options, Undo, check_size

_HEAD = 12
"""Bytes before the first block: those of the chunk (8) and of a block (4), both big-endian."""
_SIZE = struct.Struct(">I")
"""What stands before each block, and says how many bytes follow."""
_TOGETHER = 8
"""Values that are shuffled together: what is too few for that stands at the end as it was."""
_FUNCTIONS = {2: "bshuf_decompress_lz4", 3: "bshuf_decompress_zstd"}
"""By the number that the filter's options have for what comes after the shuffling."""
_SHORTEST = 5
"""Options that there have to be: version (2), bytes of a value, values of a block, what comes after."""


def undo(options: Options) -> Undo | None:
    """How the filter with such options is undone; None where HDF5 itself has to."""
    itemsize = options[2] if len(options) >= _SHORTEST else 0
    decompress = _function(_FUNCTIONS[options[4]]) if itemsize and options[4] in _FUNCTIONS else None
    return partial(_undone, itemsize=itemsize, decompress=decompress) if decompress else None


def _function(name: str) -> Callable[..., int] | None:
    """A function of hdf5plugin's filter; None where there is none."""
    try:
        import hdf5plugin  # noqa: PLC0415 - optional
    except ModuleNotFoundError:
        return None
    return _loaded(Path(hdf5plugin.PLUGIN_PATH), name)


@cache
def _loaded(folder: Path, name: str) -> Callable[..., int] | None:
    """A function that releases the interpreter's lock; None where the filter keeps it to itself, as on Windows."""
    files = sorted(folder.glob("libh5bshuf.*"))
    function = getattr(ctypes.CDLL(str(files[0])), name, None) if files else None
    if function is not None:
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_size_t] * 3]
        function.restype = ctypes.c_int64
    return function


def _undone(data: Bytes, out: Bytes, *, itemsize: int, decompress: Callable[..., int]) -> None:
    check_size(len(data[:_HEAD]), _HEAD)
    check_size(int(data[:8].view(">u8")[0]), len(out))
    block, rest = divmod(int(data[8:_HEAD].view(">u4")[0]), itemsize)
    if rest or not block or block % _TOGETHER or len(out) % itemsize:
        msg = f"its blocks cannot have {block * itemsize + rest} bytes"
        raise OSError(msg)
    values = len(out) // itemsize
    _check_blocks(data, values, block, itemsize)
    result = decompress(data[_HEAD:].ctypes.data, out.ctypes.data, values, itemsize, block)
    if result < 0:
        msg = f"bitshuffle says error {result}"
        raise OSError(msg)


def _check_blocks(data: Bytes, values: int, block: int, itemsize: int) -> None:
    """Check that the blocks end where the chunk does: the library believes what they say, and reads beyond it."""
    whole, part = divmod(values, block)
    place, content = _HEAD, data.data
    for _ in range(whole + (part >= _TOGETHER)):
        if place + _SIZE.size > len(data):
            msg = f"its blocks go on behind its end, at {len(data)} bytes"
            raise OSError(msg)
        place += _SIZE.size + _SIZE.unpack_from(content, place)[0]
    check_size(len(data), place + part % _TOGETHER * itemsize)
