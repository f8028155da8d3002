"""Positioners of the instrument: the motors of the plan, and whatever else was told where to go."""

from collections.abc import Mapping, Sequence
from typing import Any

from framestore_handlers import Run

from .devices import Device
from .links import link, with_units
from .names import free_name
from .scanned import named
from .values import plain_text, put, put_all, subgroup
from .written import Written


def write_positioners(
    instrument: Any, run: Run, written: Sequence[Written], devices: Mapping[str, Device], along: Sequence[str]
) -> None:
    """A group of each, of the first stream that has it.

    https://manual.nexusformat.org/classes/base_classes/NXpositioner.html

    Parameters
    ----------
    instrument
        The group that gets them.
    run
        The run.
    written
        Its streams.
    devices
        Its devices.
    along
        Data keys of what was scanned.
    """
    for device in devices.values():
        stream = next((stream for stream in written if stream.stream is device.stream), None)
        if stream is not None and _moves(device, run, along) and stream.is_number(device.readback):
            name = free_name(device.name, instrument, taken=("name",))
            _write(subgroup(instrument, name, "NXpositioner"), stream, device)


def _moves(device: Device, run: Run, along: Sequence[str]) -> bool:
    told = device.name in named(run, "motors") or any(key in device.keys for key in along)
    return told or device.setpoint is not None


def _write(positioner: Any, stream: Written, device: Device) -> None:
    put(positioner, "name", plain_text(device.name))
    link(positioner, "value", with_units(stream.dataset(device.readback)))
    if device.setpoint is not None and stream.is_number(device.setpoint):
        link(positioner, "target_value", with_units(stream.dataset(device.setpoint)))
    for name, ending in {"velocity": "velocity", "acceleration_time": "acceleration"}.items():
        setting = device.setting(ending)
        if setting is not None:
            put(positioner, name, setting[0], units=setting[1])
    if device.configuration:
        put_all(subgroup(positioner, "configuration", "NXparameters"), device.configuration, device.units)
