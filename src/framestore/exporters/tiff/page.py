"""A frame as a page: which kind of image it is, and what is written beside the pixels."""

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framestore.exporters.metadata import as_json
from framestore.exporters.selection import Field

from .file import check

DOCUMENT_NAME = 269
"""The tag that holds the uid of the run. https://www.loc.gov/preservation/digital/formats/content/tiff_tags.shtml"""
_ASCII = 2
_MOST_SAMPLES = 4
"""Values of a pixel, at most, where nobody says that the last axis is one of channels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What a page says of its frame, but for the pixels."""

    seq_num: int
    """Of its event."""
    frame: int
    """Number within the event."""
    time: float | None
    """When the exposure started, POSIX seconds; None: not known."""
    event: dict[str, Any] | None
    """The event document, without values that are images themselves; None: there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """What the pages of all frames of a field say, but for their times."""

    frames: int
    """In an event."""
    seq_nums: NDArray[np.int64]
    """Of the events: (events,)."""
    events: Sequence[dict[str, Any] | None]
    """Their documents."""

    @classmethod
    def of_field(cls, field: Field) -> "Pages":
        """Those of a field."""
        held = {key for key, value in field.stream.data_keys.items() if _is_held(value)}
        events = [_without(held, event) for event in field.events] if held else field.events
        return cls(frames=field.pixels.shape[1], seq_nums=field.seq_nums, events=events)

    def of(self, number: int) -> Page:
        """That of a frame, counted through."""
        row, frame = divmod(number, self.frames)
        return Page(seq_num=int(self.seq_nums[row]), frame=frame, time=None, event=self.events[row])


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How the frames of a field are written: a value that pickles."""

    uid: str
    """Of the run."""
    stream: str
    """Name of the stream."""
    key: str
    """Name of the field."""
    documents: str
    """Start, stop and descriptor documents, as the rest of a JSON object."""
    form: dict[str, Any]
    """What kind of image a page is, as tifffile takes it."""
    compression: str | None
    """How pixels are stored, by tifffile's name for it; None: as they are."""

    @classmethod
    def of(cls, field: Field, start: dict[str, Any], stop: dict[str, Any] | None, compression: str | None) -> "Kind":
        """How the frames of a field are written.

        Raises
        ------
        ValueError
            When TIFF has no pages for them, or not of that compression.
        """
        kind = form(field)
        if compression is not None:
            check(kind | {"compression": compression}, field.pixels.shape[2:], field.pixels.dtype, field.name)
        documents = {"descriptors": field.stream.descriptors, "start": start, "stop": stop}
        return cls(
            uid=start["uid"],
            stream=field.stream.name,
            key=field.key,
            documents=as_json(documents)[1:],
            form=kind,
            compression=compression,
        )

    def description(self, page: Page, *, whole: bool) -> str:
        """What a page says, as a JSON object; ``whole``: with the documents of the run."""
        said = as_json(
            {
                "uid": self.uid,
                "stream": self.stream,
                "field": self.key,
                "seq_num": page.seq_num,
                "frame": page.frame,
                "time": page.time,
                "event": page.event,
            }
        )
        text = f"{said[:-1]}, {self.documents}" if whole else said
        return text.replace('"shape":', '"shape" :')  # tifffile takes an object with that key for its own, and fails

    def settings(self, page: Page, *, whole: bool) -> dict[str, Any]:
        """How a page is written, as `tifffile.TiffWriter.write` takes it."""
        return self.form | {
            "description": self.description(page, whole=whole),
            "metadata": None,
            "contiguous": False,
            "software": "framestore",
            "datetime": None if page.time is None else dt.datetime.fromtimestamp(page.time, dt.UTC).astimezone(),
            "compression": self.compression,
            "extratags": self._tags,
        }

    @cached_property
    def _tags(self) -> list[tuple[int, int, int, str, bool]]:
        return [(DOCUMENT_NAME, _ASCII, 0, self.uid, True)]


def form(field: Field) -> dict[str, Any]:
    """What kind of image a frame is, as tifffile takes it.

    Raises
    ------
    ValueError
        When it is none that TIFF has; it says what to do.
    """
    shape, dtype = field.pixels.shape[2:], field.pixels.dtype
    if len(shape) == 2:
        return {"photometric": "minisblack"}
    if len(shape) == 3 and dtype.kind != "b" and (shape[2] <= _MOST_SAMPLES or _has_channels(field.data_key)):
        if shape[2] == 3:
            return {"photometric": "rgb", "planarconfig": "contig"}
        if shape[2] == 4:
            return {"photometric": "rgb", "planarconfig": "contig", "extrasamples": ["unassalpha"]}
        return {"photometric": "minisblack", "planarconfig": "contig"}
    msg = f"{field.name}: TIFF has no pages for frames of {shape} {dtype}; use export_hdf5, which holds any"
    raise ValueError(msg)


def _has_channels(data_key: dict[str, Any]) -> bool:
    dims: Sequence[Any] = data_key.get("dims") or ("",)
    return str(dims[-1]).endswith("channel")


def _is_held(data_key: dict[str, Any]) -> bool:
    """Whether an event holds an image."""
    return "external" not in data_key and len(data_key.get("shape") or ()) >= 2


def _without(keys: AbstractSet[str], event: dict[str, Any] | None) -> dict[str, Any] | None:
    """An event document without these values."""
    return event and event | {
        name: {key: value for key, value in event.get(name, {}).items() if key not in keys}
        for name in ("data", "timestamps")
    }


def known_times(times: NDArray[np.float64]) -> list[float | None]:
    """Times of frames, (frames,); None where a file does not say."""
    return [None if np.isnan(time) else time for time in times.tolist()]
