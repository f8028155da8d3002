"""Frames of a file that was read before, and has not changed since: what was looked at then is not looked at again."""

import os
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from framestore_handlers.place import Place
from framestore_handlers.settled import settled_version

from .pieces import read_chunks
from .rows import is_as_in_memory

_MOST_BYTES = 8 * 2**20
"""Bytes that are read in the time of some looks; more are read by several threads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What a dataset was seen to be."""

    version: tuple[int, ...]
    """Of its file; see `settled_version`."""
    frames: int
    """How many there are: HDF5 may give a chunk behind the last one, too, of whatever stands there in the file."""
    frame: tuple[tuple[int, ...], np.dtype[Any]] | None
    """Shape and dtype of a frame; None where frames do not stand in the file as they do in memory, a chunk each."""
    close_degree: int
    """That by which h5py opens files. HDF5 refuses to open a file by two of them at a time, whoever has it open."""


class Seen:
    """What was found of one dataset, until its file changes.

    Only of a file that nobody has changed for a while, in which the dataset itself stands: what links and sources lead
    to is looked at each time. It is empty again where it is sent.
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: _Found | None = None

    @property
    def frame(self) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
        """Shape and dtype of the frames that `read` gives, of a file that is as it was; None where it gives none."""
        return self._found and self._found.frame

    def __reduce__(self) -> tuple[Any, ...]:
        """Nothing: another process has looked at nothing."""
        return Seen, ()

    def note(self, file: h5py.File, dataset: h5py.Dataset, name: str) -> None:
        """Keep what is found of a dataset that may be read, by its name in a file that nobody writes along."""
        if dataset.chunks != (1, *dataset.shape[1:]) or file.driver != "sec2":
            return
        version = settled_version(os.fstat(file.id.get_vfd_handle()))
        if version is None or (self._found is not None and self._found.version == version):
            return
        plain = not dataset.id.get_create_plist().get_nfilters() and is_as_in_memory(dataset) and _is_inside(file, name)
        frame = (dataset.shape[1:], dataset.dtype) if plain else None
        close_degree = file.id.get_access_plist().get_fclose_degree()
        self._found = _Found(version=version, frames=dataset.shape[0], frame=frame, close_degree=close_degree)

    def read(self, place: Place, name: str, out: NDArray[Any], start: int) -> bool:
        """Fill ``out`` with the rows from ``start`` on, and return True; or False, for all to be looked at.

        That is where the file is another than when it was noted, or a row is not in it.

        Raises
        ------
        UntrustedPathError
            When the file is outside of what may be opened.
        """
        found = self._found
        if found is None or found.frame != (out.shape[1:], out.dtype):
            return False
        if start + len(out) > found.frames or out.nbytes > _MOST_BYTES or not out.flags.c_contiguous:
            return False
        path = os.fsencode(place.checked())
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_fapl_sec2()
        access.set_fclose_degree(found.close_degree)
        try:
            file = h5py.h5f.open(path, h5py.h5f.ACC_RDONLY, fapl=access)
        except OSError:  # it is gone, or open in another way: who looks at all says so
            return False
        try:
            is_written = file.get_intent() & h5py.h5f.ACC_RDWR
            if is_written or settled_version(os.fstat(file.get_vfd_handle())) != found.version:
                return False
            return read_chunks(h5py.h5d.open(file, name.encode()), out, start)
        finally:
            file.close()


def _is_inside(file: h5py.File, name: str) -> bool:
    """Whether no link leads to it that could lead elsewhere while the file stays as it is."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    paths = ("/".join(parts[: number + 1]) for number in range(len(parts)))
    return all(isinstance(file.get(path, getlink=True), h5py.HardLink) for path in paths)
