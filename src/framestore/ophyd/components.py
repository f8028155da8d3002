"""Components that one device has, and others of its class have not."""

from collections.abc import Mapping
from typing import Any

from ophyd import Component, Device
from ophyd.device import DEVICE_INSTANCE_ATTRS

_OF_INSTANCES = DEVICE_INSTANCE_ATTRS | {"prefix", "stage_sigs", "log", "control_layer_log"}
"""Attributes that ophyd gives to a device, and that its class does not have."""


def add_components(device: Device, components: Mapping[str, "Component[Any]"]) -> None:
    """Give a device components beside those of its class; called before ``Device.__init__``.

    The device becomes one of a class of its own, which inherits from the class that it had and bears its name: ophyd
    looks for components in classes only.

    Parameters
    ----------
    device
        Which has no signals yet.
    components
        By attribute name.

    Raises
    ------
    ValueError
        When a name is that of something else of the device; it names it.
    """
    given = type(device)
    for name in components:
        if hasattr(given, name) or name in _OF_INSTANCES or name in vars(device):
            msg = f"{given.__name__} has something else called {name!r}, so it can have no signal of that name"
            raise ValueError(msg)
    if components:
        names = {"__doc__": given.__doc__, "__module__": given.__module__, "__qualname__": given.__qualname__}
        device.__class__ = type(given.__name__, (given,), {**names, **components})
