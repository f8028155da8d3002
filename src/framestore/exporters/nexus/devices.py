"""Devices of a run, as the descriptors tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framestore_handlers import Run, Stream

from framestore.exporters.metadata import plain

_MOST = 2.0**63
"""Numbers from here on are no settings that anything has; whole ones have no dtype."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """What a stream says of a device."""

    name: str
    """Its name."""
    stream: Stream
    """The stream."""
    keys: tuple[str, ...]
    """Its data keys there."""
    hints: tuple[str, ...] = ()
    """Those of them that it hints at."""
    configuration: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Its settings, by name."""
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    """Units of its settings, where they are known."""

    def setting(self, *endings: str) -> tuple[Any, str] | None:
        """The first number among its settings whose name ends so, after its own, and its units; None: there is none.

        A front joins the two by ``_``, ``-``, or what it was told.
        """
        for ending in endings:
            for name, value in self.configuration.items():
                is_it = name == ending or (name.endswith(ending) and not name[-len(ending) - 1].isalnum())
                if is_it and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST:
                    return value, self.units.get(name, "")
        return None

    @property
    def setpoint(self) -> str | None:
        """Data key of where it was told to go, beside that of where it is; None of what does not move."""
        return next((key for key in self.keys if key.endswith("setpoint") and len(self.keys) > 1), None)

    @property
    def readback(self) -> str:
        """Data key of where it is."""
        others = [key for key in (*self.hints, *self.keys) if key != self.setpoint]
        return self.name if self.name in others else others[0]


def devices(run: Run, order: list[str]) -> dict[str, Device]:
    """The devices of a run by name, each as the first of some streams that has it tells."""
    found: dict[str, Device] = {}
    for name in order:
        for device in devices_of(run[name]):
            found.setdefault(device.name, device)
    return found


def devices_of(stream: Stream) -> list[Device]:
    """The devices of a stream; of what the descriptors say, the newest counts."""
    names = dict.fromkeys(name for document in stream.descriptors for name in document.get("object_keys") or ())
    return [found for name in names if (found := _device(stream, name)).keys]


def _device(stream: Stream, name: str) -> Device:
    told = [document for document in stream.descriptors if name in (document.get("object_keys") or ())]
    settings = [(document.get("configuration") or {}).get(name) or {} for document in told]
    hints = (told[-1].get("hints") or {}).get(name) or {}
    keys = told[-1]["object_keys"][name]
    data_keys = {key: said for setting in settings for key, said in (setting.get("data_keys") or {}).items()}
    return Device(
        name=name,
        stream=stream,
        keys=tuple(key for key in keys if key in stream.data_keys),
        hints=tuple(key for key in hints.get("fields") or () if key in keys),
        configuration=plain({key: value for setting in settings for key, value in (setting.get("data") or {}).items()}),
        units={key: said["units"] for key, said in data_keys.items() if isinstance(said.get("units"), str)},
    )
