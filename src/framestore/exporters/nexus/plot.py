"""What is shown when somebody opens the file: the frames, or else the first number that the detectors hint at."""

from collections.abc import Mapping, Sequence
from typing import Any

from framestore_handlers import Run

from .devices import Device
from .links import link
from .names import free_name
from .scanned import dimensions, named
from .times import iso
from .values import subgroup
from .written import Written


def write_plot(entry: Any, run: Run, stream: Written, devices: Mapping[str, Device]) -> str | None:
    """``data``, with all that was measured beside what is shown, by what was scanned; None where there is nothing.

    https://manual.nexusformat.org/classes/base_classes/NXdata.html
    """
    along = [key for keys in dimensions(run, stream.stream.name, devices) for key in keys]
    signal = shown(run, stream, along, devices)
    if signal is None:
        return None
    beside = [key for key in stream.paths if stream.is_beside(key, signal)]
    names = {key: stream.name(key) for key in beside}
    data = subgroup(entry, "data", "NXdata", signal=names[signal])
    for key in beside:
        link(data, names[key], stream.dataset(key))
    scanned = [names[key] for key in along if key in beside and stream.is_number(key)]
    axes = scanned or [_write_counted(data, run, stream, signal)]
    data.attrs["axes"] = [axes[0], *("." for _ in data[names[signal]].shape[1:])]
    for axis in axes:
        data.attrs[f"{axis}_indices"] = 0
    return signal


def shown(run: Run, stream: Written, along: Sequence[str], devices: Mapping[str, Device]) -> str | None:
    """The data key that is shown; None where none can be."""
    detectors = [devices[name] for name in named(run, "detectors") if name in devices]
    keys = [key for device in (*detectors, *devices.values()) for key in device.keys]
    hinted = [key for device in (*detectors, *devices.values()) for key in device.hints if key not in along]
    images = [key for key in (*keys, *stream.images) if key in stream.images]
    pictures = [key for key in images if stream.images[key].is_image]
    numbers = [key for key in (*hinted, *keys, *stream.paths) if stream.is_number(key)]
    found = [*pictures, *images, *(key for key in numbers if key not in along), *numbers]
    return found[0] if found else None


def write_data(data: Any, stream: Written, signal: str) -> None:
    """Make the group of a stream's values one that can be shown, each value by the number of its event."""
    dataset = stream.dataset(signal)
    data.attrs.update(NX_class="NXdata", signal=stream.name(signal), axes=["." for _ in dataset.shape])


def _write_counted(data: Any, run: Run, stream: Written, signal: str) -> str:
    """What frames are shown by where nothing was scanned: their time from the start on, else their numbers."""
    times = stream.times(signal)
    if times is None:
        name = free_name("seq_num", data)
        data[name] = stream.seq_nums(signal)
        return name
    name = free_name("time", data)
    data[name] = times - run.start["time"]
    data[name].attrs.update(units="s", start=iso(run.start["time"]), long_name="time from the start of the run (s)")
    return name
