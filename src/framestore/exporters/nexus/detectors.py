"""Detectors of the instrument: cameras with frames, and others with a number an event."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from framestore_handlers import Run
from framestore_handlers.frame_array import FrameArray
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.hdf5.pixel_size import pixel_size
from numpy.typing import NDArray

from framestore.exporters.selection import Field

from .devices import Device
from .links import link, with_units
from .names import free_name
from .scanned import named
from .times import iso
from .values import plain_text, put, put_all, subgroup
from .written import Written


def write_detectors(instrument: Any, run: Run, written: Sequence[Written], devices: Mapping[str, Device]) -> None:
    """A group of each camera, of the first stream in which it has frames, and of each other detector of the plan.

    https://manual.nexusformat.org/classes/base_classes/NXdetector.html
    """
    cameras = _cameras(written)
    owners = {key: next((device for device in devices.values() if key in device.keys), None) for key in cameras}
    for key, (stream, field) in cameras.items():
        name = free_name(_name(key, owners), instrument, taken=("name",))
        detector = subgroup(instrument, name, "NXdetector")
        _describe(detector, owners[key], key)
        _write_frames(detector, run, stream, field)
    for device in devices.values():
        stream = next((stream for stream in written if stream.stream is device.stream), None)
        if stream is not None and device.name in named(run, "detectors"):
            _write_point(instrument, stream, device)


def _cameras(written: Sequence[Written]) -> dict[str, tuple[Written, Field]]:
    """The fields of frames, each with the first stream that has it."""
    found: dict[str, tuple[Written, Field]] = {}
    for stream in written:
        for key, field in stream.images.items():
            found.setdefault(key, (stream, field))
    return found


def _name(key: str, owners: Mapping[str, Device | None]) -> str:
    """What the group of a field is called: as its camera, where that has no other field."""
    owner = owners[key]
    return key if owner is None or list(owners.values()).count(owner) > 1 else owner.name


def _write_frames(detector: Any, run: Run, stream: Written, field: Field) -> None:
    frames = stream.dataset(field.key)
    if frames.dtype.kind == "b":  # no number, which NeXus wants of `data`
        data = subgroup(detector, "image", "NXdata", signal="mask")
        data.attrs.update(axes=["." for _ in frames.shape])
        link(data, "mask", frames)
    else:
        link(detector, "data", with_units(frames))
    if field.is_image:
        put(detector, "layout", "area")
    detector["sequence_number"] = field.seq_nums
    times = stream.frame_times(field.key)
    if times is not None:
        _write_times(detector, run, times[:, 0] if times.shape[1] == 1 else times)
    if "x_pixel_size" not in detector:
        _write_pixel_size(detector, field)


def _write_pixel_size(detector: Any, field: Field) -> None:
    """How large pixels are, as their files say, where none of the settings does."""
    segments = field.source.segments if isinstance(field.source, FrameArray) else ()
    first = segments[0].file if segments else None
    for axis, size in zip("yx", (pixel_size(first) if isinstance(first, HDF5Frames) else None) or (), strict=False):
        put(detector, f"{axis}_pixel_size", size, units="m")


def _write_times(detector: Any, run: Run, times: NDArray[np.float64]) -> None:
    """When each frame was begun, seconds from the start of the run on; NaN where its file does not say."""
    detector["start_time"] = times - run.start["time"]
    detector["start_time"].attrs.update(units="s", start=iso(run.start["time"]))


def _write_point(instrument: Any, stream: Written, device: Device) -> None:
    """A detector with a number an event, that which it hints at; nothing where it has frames, or no number."""
    numbers = [key for key in (*device.hints, *device.keys) if stream.is_number(key)]
    if not numbers or any(key in stream.images or stream.stream.is_external(key) for key in device.keys):
        return
    name = free_name(device.name, instrument, taken=("name",))
    detector = subgroup(instrument, name, "NXdetector")
    _describe(detector, device, device.name)
    put(detector, "layout", "point")
    link(detector, "data", with_units(stream.dataset(numbers[0])))


def _describe(detector: Any, device: Device | None, name: str) -> None:
    """What it is called, and its settings, those that NeXus has names for under them, too."""
    put(detector, "local_name", plain_text(device.name if device else name))
    if device is None:
        return
    exposure = device.setting("exposure_time", "count_time", "acquire_time")
    if exposure is not None:
        exposures = device.setting("exposures_per_frame")
        put(detector, "count_time", float(exposure[0]) * (exposures[0] if exposures else 1), units=exposure[1] or "s")
    gain = device.setting("gain")
    if gain is not None:
        put(detector, "gain_setting", str(gain[0]))
    for axis in "xy":
        size = device.setting(f"{axis}_pixel_size", f"pixel_size_{axis}")
        if size is not None and size[1]:
            put(detector, f"{axis}_pixel_size", float(size[0]), units=size[1])
    if device.configuration:
        settings = subgroup(detector, "configuration", "NXparameters")
        put_all(settings, device.configuration, device.units)
