"""The settings of a source, as signals of its camera."""

import threading
from typing import Any, cast

from ophyd import Component, Device, Signal
from ophyd.status import Status
from ophyd.utils import LimitError

from framestore.acquisition import Errand, Known, SourceSettings
from framestore.detector.setting_key import as_setting, setting_data_key
from framestore.setting import Value

from .components import add_components
from .status import as_allowed


class SettingSignal(Signal):
    """A setting of a camera: what the camera said last, and a way to change it.

    Parameters
    ----------
    settings
        Of the source; the attribute name of the signal is that of the setting.
    """

    def __init__(self, *args: Any, settings: SourceSettings, attr_name: str, **kwargs: Any) -> None:
        self._settings = settings
        self._told = settings.known[attr_name]
        super().__init__(*args, value=self._told.value, timestamp=self._told.timestamp, attr_name=attr_name, **kwargs)
        settings.subscribe(self._tell)

    @property
    def known(self) -> Known:
        """Value, units, limits and choices, as the source said last."""
        return self._settings.known[self.attr_name]

    def get(self, **_: Any) -> Value:
        """The value that the camera said last."""
        return self.known.value

    def read(self) -> dict[str, dict[str, Any]]:
        """Reading of it."""
        return {self.name: {"value": self.known.value, "timestamp": self.known.timestamp}}

    @property
    def timestamp(self) -> float:
        """Since when the camera is known to have that value, POSIX seconds."""
        return self.known.timestamp

    @property
    def metadata(self) -> dict[str, Any]:
        """With units, limits and choices as signals of EPICS have them."""
        setting = self.known.setting
        low, high = setting.limits or (None, None)
        return {
            **super().metadata,
            "timestamp": self.timestamp,
            "units": setting.units or None,
            "lower_ctrl_limit": low,
            "upper_ctrl_limit": high,
            "enum_strs": setting.choices,
        }

    @property
    def limits(self) -> Any:
        """Least and greatest value; (0, 0), as everywhere in ophyd, where there are none."""
        return self.known.setting.limits or (0, 0)

    def check_value(self, value: Any, **_: Any) -> None:
        """Refuse what cannot be set.

        Raises
        ------
        ophyd.utils.LimitError
            When it is outside of the limits; a ValueError.
        ValueError
            When it is none of the choices, or no finite number.
        TypeError
            When it is of another kind, such as a string for a number.
        """
        self._checked(value)

    def set(self, value: Any, *, timeout: float | None = None, settle_time: float | None = None, **_: Any) -> Status:
        """Have the camera changed.

        Parameters
        ----------
        value
            To be set.
        timeout, settle_time
            Of the Status, seconds. Without a timeout, the source may take ``frame_timeout``.

        Returns
        -------
        ophyd.status.Status
            Done when the camera has it, and its settings were looked at again; fails with the error of the source, and
            with a StuckSourceError (a TimeoutError) when it does not return.

        Raises
        ------
        LimitError, ValueError, TypeError
            As `check_value`.
        RuntimeError
            When a point is under way, or the setting cannot be set while the camera is staged.
        StuckSourceError
            When the source is stuck in a call.
        """
        errand = self._settings.set(self.attr_name, self._checked(value))
        status = Status(self, timeout=timeout, settle_time=cast("int", settle_time))
        # on a thread of its own: what is called back then may stage, trigger and set, and does not hold the source up
        threading.Thread(target=self._end, args=(status, errand), name=f"{self.name} status", daemon=True).start()
        return status

    def put(self, value: Any, *, timeout: Any = None, **_: Any) -> None:
        """Have the camera changed, and wait for it; raises as `set` and its Status."""
        self.set(value, timeout=timeout).wait()

    def describe(self) -> dict[str, dict[str, Any]]:
        """Data key, with units, limits and choices."""
        return {self.name: setting_data_key(self.known, f"framestore:{self.name}")}

    def _checked(self, value: Any) -> Value:
        known = self.known
        try:
            return as_setting(known, value, self.name)
        except ValueError as error:
            if known.setting.limits is None:
                raise
            raise LimitError(*error.args) from None

    def _end(self, status: Status, errand: Errand) -> None:
        try:
            self._settings.wait(errand)
        except BaseException as error:  # noqa: BLE001 - of the source; nothing else would end the Status
            status.set_exception(as_allowed(error, self.name))
        else:
            status.set_finished()

    def _tell(self) -> None:
        """The source was looked at: tell those who have subscribed. Not on the thread that has the source."""
        before, self._told = self._told, self.known
        if self._told.timestamp != before.timestamp:
            super().put(self._told.value, timestamp=self._told.timestamp, force=True)
        if self._told.setting.limits != before.setting.limits:
            self._run_subs(sub_type=self.SUB_META, **self.metadata)


def add_settings(camera: Device, source: object, *, name: str, timeout: float) -> SourceSettings:
    """Give a camera a signal for each setting of its source; called before ``Device.__init__``.

    Parameters
    ----------
    camera
        The device.
    source
        Of its frames; it is looked at, and waited for.
    name
        Of the camera.
    timeout
        Seconds that the source may take.

    Raises
    ------
    ValueError
        When a setting has the name of something else of the camera; it names it.
    StuckSourceError
        When the source does not return; a TimeoutError.
    Exception
        Whatever the source raised, or is wrong with its settings.
    """
    settings = SourceSettings(source, camera=name, timeout=timeout)
    settings.look()
    components = {
        setting: Component(SettingSignal, settings=settings, kind="config", doc=f"{setting} of the camera's source")
        for setting in settings.known
    }
    try:
        add_components(camera, components)
    except ValueError as error:
        msg = f"{name}: {error}; have the source {source!r} call its setting otherwise"
        raise ValueError(msg) from None
    return settings
