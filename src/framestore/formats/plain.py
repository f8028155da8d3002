"""Plain writing: bytes to an open file, all of them or an error."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .format import Content

_MOST = 1024
"""Buffers that are written at once: IOV_MAX of Linux."""


def as_buffers(content: Content) -> list[memoryview]:
    """The bytes of a content, without a copy: that of a file's buffer, or of several one behind another."""
    parts: Sequence[Any] = content if isinstance(content, list | tuple) else [content]
    return [memoryview(_as_bytes(part)) for part in parts]


def byte_count(content: Content) -> int:
    """How many bytes a content has."""
    return sum(part.nbytes for part in as_buffers(content))


def write_all(file: int, content: Content) -> None:
    """Write a content to an open file, where it stands.

    Raises
    ------
    OSError
        What the operating system says, such as ENOSPC.
    """
    left = as_buffers(content)
    while left:
        written = os.writev(file, left[:_MOST]) if hasattr(os, "writev") else os.write(file, left[0])
        while left and written >= left[0].nbytes:
            written -= left.pop(0).nbytes
        if left and written:
            left[0] = left[0][written:]


def _as_bytes(part: Any) -> Any:
    """A buffer as bytes; memoryview itself casts no empty arrays, and none of numpy's own dtypes."""
    return part.reshape(-1).view(np.uint8) if isinstance(part, np.ndarray) else memoryview(part).cast("B")
