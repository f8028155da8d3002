"""TIFF files as areaDetector and others name them: one a frame, one a point, or one for all."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from framestore_handlers.frame_file import FrameFile
from framestore_handlers.place import Place
from framestore_handlers.templates import single_name
from framestore_handlers.tiff import compare, file_type, read_frame, read_time
from framestore_handlers.tiff.paged import PagedSeries
from framestore_handlers.tiff_stack.handler import TIFFStackFrames
from framestore_handlers.timed_series import timed_from_documents

from .stacks import below

_series = partial(
    timed_from_documents,
    read_frame=read_frame,
    read_time=read_time,
    compare=compare,
    checks_first=True,
    file_type=file_type,
)


def from_resource(place: Place, kwargs: Mapping[str, Any]) -> FrameFile:
    """Frames of a Resource with the spec ``AD_TIFF``; a template without a number names one file, whose pages they are.

    Raises
    ------
    ValueError
        When there is no template, or one that is not that of files.
    """
    if "template" in kwargs and (name := single_name(kwargs["template"], kwargs.get("filename", ""))):
        return TIFFStackFrames(place=below(place, name), frames_per_event=kwargs.get("frame_per_point"))
    return PagedSeries(series=_series(place, kwargs))


def from_stream_resource(place: Place, parameters: Mapping[str, Any]) -> FrameFile:
    """Frames of a StreamResource of a series of TIFF files; the first number of its chunks is that of a file's pages.

    Raises
    ------
    ValueError
        When there is no template, or one that is not that of files.
    """
    return PagedSeries(series=_series(place, parameters), pages=max((*parameters.get("chunk_shape", ()), 1)[0], 1))
