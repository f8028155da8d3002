"""The ways to compress a chunk: as which filters of HDF5, by which library, and with which settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bitshuffle

Compress = Callable[[NDArray[np.uint8], NDArray[np.uint8]], int]
"""(bytes of a chunk, room for what becomes of them) -> how many bytes it took; the interpreter's lock is released."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A way to compress, before its level is chosen."""

    levels: range = range(0)
    """Those that it has; empty: there is nothing to choose."""
    level: int = 0
    """The one that is taken when nobody chooses."""
    filter: Callable[[int, bool], Mapping[str, Any]]
    """(level, shuffle) -> what h5py's ``create_dataset`` is told."""
    compress: Callable[[int, int, bool], Compress]
    """(bytes of a value, level, shuffle) -> what compresses."""
    plugin: bool = True
    """Whether HDF5 needs hdf5plugin for it."""
    shuffles: bool = False
    """Whether it brings bytes, or bits, of one weight together by itself."""


def _filter(number: int, *options: int) -> dict[str, Any]:
    return {"compression": number, "compression_opts": options}


def _imagecodecs(codec: str, *arguments: int, **options: Any) -> Compress:
    """Compression by a function of imagecodecs, which takes any room that it is given."""
    encode = getattr(import_module("imagecodecs"), f"{codec}_encode")

    def compress(data: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
        return len(encode(data, *arguments, out=out, **options))

    return compress


def _bitshuffle(itemsize: int, level: int | None) -> Compress:
    bitshuffle.functions()
    return partial(bitshuffle.compress, itemsize=itemsize, zstd_level=level)


def _blosc(itemsize: int, level: int, shuffle: bool) -> Compress:  # noqa: FBT001 - as in `Way`
    return _imagecodecs("blosc", level, compressor="lz4", shuffle=int(shuffle), typesize=itemsize, numthreads=1)


WAYS: Mapping[str, Way] = {
    "gzip": Way(
        levels=range(1, 10),
        level=1,
        filter=lambda level, shuffle: {"compression": "gzip", "compression_opts": level, "shuffle": shuffle},
        compress=lambda _itemsize, level, _shuffle: _imagecodecs("deflate", level),
        plugin=False,
    ),
    "lz4": Way(
        filter=lambda _level, shuffle: {**_filter(32004, 0), "shuffle": shuffle},
        compress=lambda _itemsize, _level, _shuffle: _imagecodecs("lz4h5"),
    ),
    "zstd": Way(
        levels=range(1, 23),
        level=1,
        filter=lambda level, shuffle: {**_filter(32015, level), "shuffle": shuffle},
        compress=lambda _itemsize, level, _shuffle: _imagecodecs("zstd", level),
    ),
    "blosc": Way(
        levels=range(1, 10),
        level=5,
        filter=lambda level, shuffle: _filter(32001, 0, 0, 0, 0, level, int(shuffle), 1),  # 1: with lz4
        compress=_blosc,
        shuffles=True,
    ),
    "bitshuffle-lz4": Way(
        filter=lambda _level, _shuffle: _filter(32008, 0, 2),
        compress=lambda itemsize, _level, _shuffle: _bitshuffle(itemsize, None),
        shuffles=True,
    ),
    "bitshuffle-zstd": Way(
        levels=range(1, 23),
        level=1,
        filter=lambda level, _shuffle: _filter(32008, 0, 3, level),
        compress=lambda itemsize, level, _shuffle: _bitshuffle(itemsize, level),
        shuffles=True,
    ),
}
"""By name. The numbers are those of https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md,
the options those that each filter's ``cd_values`` begin with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compression:
    """How chunks are compressed. Lossless, each of them.

    Raises
    ------
    ValueError
        When there is no such way, or it has no such level.
    ImportError
        When a library is missing; it names the command that installs it.
    """

    name: str
    """One of `WAYS`."""
    level: int | None = None
    """How hard to try; None: as fast as is worth it."""
    shuffle: bool = True
    """Bring bytes of one weight together first; bitshuffle does that with bits, whatever stands here."""

    def __post_init__(self) -> None:
        """Check that it can be done."""
        if self.name not in WAYS:
            msg = f"compression must be None or one of {', '.join(map(repr, WAYS))}, not {self.name!r}"
            raise ValueError(msg)
        levels = WAYS[self.name].levels
        if self.level is not None and (type(self.level) is not int or self.level not in levels):  # 3.0 is in a range
            allowed = f"a whole number from {levels[0]} to {levels[-1]}" if levels else "left out, there are none"
            msg = f"level of compression {self.name!r} must be {allowed}, not {self.level!r}"
            raise ValueError(msg)
        try:
            self.filters(1)
            self.compress(1)
        except ModuleNotFoundError as error:
            msg = f"compression {self.name!r} needs {error.name}: pip install 'framestore[compression]'"
            raise ModuleNotFoundError(msg, name=error.name) from error

    def filters(self, itemsize: int) -> Mapping[str, Any]:
        """What h5py's ``create_dataset`` is told, for values of so many bytes."""
        if self._way.plugin:
            import_module("hdf5plugin")  # brings h5py the filters
        return self._way.filter(self._level, self._shuffles(itemsize))

    def compress(self, itemsize: int) -> Compress:
        """What compresses chunks of values of so many bytes."""
        return self._way.compress(itemsize, self._level, self._shuffles(itemsize))

    def planes(self, itemsize: int) -> int:
        """In how many planes the bytes of values are laid out before they are compressed; 1: as they are."""
        return itemsize if self._shuffles(itemsize) and not self._way.shuffles else 1

    @property
    def _way(self) -> Way:
        return WAYS[self.name]

    @property
    def _level(self) -> int:
        return self._way.level if self.level is None else self.level

    def _shuffles(self, itemsize: int) -> bool:
        return self.shuffle and itemsize > 1


def room(size: int) -> int:
    """Bytes that any of these may take at most for a chunk of that size: blocks that do not shrink have heads, too."""
    return size + size // 32 + 4096
