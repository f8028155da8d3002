"""What framestore relies on in the settings of a source."""

import contextlib
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any, ClassVar, Self, cast

import numpy as np
import pytest

from framestore.frame import FrameSource
from framestore.setting import Setting, Value, has_settings, settings_of

from .driven import GRACE, DrivenSource
from .thread import OneThread


class SettingTests:
    """Tests of the settings of a source, which `FrameSourceTests` has too; skipped where there are none.

    Each is set to the ends of its limits and to each of its choices, and put back; none to what it does not allow. Say
    which must stay ``untouched``: a shutter, a voltage.
    """

    frame_timeout: ClassVar[float] = 10.0
    """Seconds that the source may take for each call."""
    untouched: ClassVar[tuple[str, ...]] = ()
    """Names of settings that no test sets."""
    rounding: ClassVar[float] = 0.01
    """By how much of itself a number may differ from the one that it was set to, where the camera rounds."""

    def test_settings_are_looked_up_by_name(self, source: FrameSource) -> None:
        """They are a mapping of names to `framestore.Setting`, in the units that all cameras have in common."""
        with DrivenSettings(source, self.frame_timeout) as settings:
            for name, setting in settings.there().items():
                value = settings.read(name)
                assert isinstance(value, str) or math.isfinite(value), f"{name} is {value!r}, which is no value to set"
                assert setting.allows(value), f"{name} is {value!r}; what can be set is {setting.allowed}"

    def test_settings_can_be_set_to_all_that_they_allow(self, source: FrameSource) -> None:
        """And back to what they were; what they were set to is what they are then, within the rounding."""
        with DrivenSettings(source, self.frame_timeout) as settings:
            for name in self._touched(settings):
                self._check_values(settings, name)

    def test_settings_can_be_set_between_frames(self, source: FrameSource) -> None:
        """Those that can be set while it is staged: frames go on to come, of the same shape and dtype."""
        with DrivenSettings(source, self.frame_timeout) as settings, settings.started() as driven:
            form = driven.form()
            for name in self._touched(settings):
                if not settings.there()[name].while_staged or name == "trigger_mode":  # which has tests of its own
                    continue
                before = settings.read(name)
                for value in (*_moderate(settings.there()[name], before), before):
                    settings.set(name, value)
                    array = driven.next().array
                    assert (array.shape, array.dtype) == form == driven.form(), (
                        f"with {name} = {value!r}, frames have shape {array.shape} and dtype {array.dtype} instead of "
                        f"{form}; say while_staged=False of it"
                    )

    def test_settings_that_wait_for_the_end_of_a_staging_hold_in_the_next(self, source: FrameSource) -> None:
        """Those that cannot be set while it is staged: frames are as announced, after each change and a start."""
        with DrivenSettings(source, self.frame_timeout) as settings:
            for name in self._touched(settings):
                if settings.there()[name].while_staged:
                    continue
                before = settings.read(name)
                for value in (*_moderate(settings.there()[name], before), before):
                    settings.set(name, value)
                    with settings.started() as driven:
                        array, (shape, dtype) = driven.next().array, driven.form()
                    assert (array.shape, array.dtype) == (tuple(shape), np.dtype(dtype)), (
                        f"with {name} = {value!r}, frames have shape {array.shape} and dtype {array.dtype}, announced "
                        f"were {shape} and {dtype}"
                    )

    def test_the_exposure_time_is_that_of_the_setting(self, source: FrameSource) -> None:
        """Where the source has both."""
        if not hasattr(source, "exposure_time"):
            pytest.skip("it has no attribute exposure_time")
        with DrivenSettings(source, self.frame_timeout) as settings:
            if "exposure_time" not in settings.there():
                pytest.skip("it has no setting exposure_time")
            before = settings.read("exposure_time")
            for value in (*_moderate(settings.there()["exposure_time"], before), before):
                settings.set("exposure_time", value)
                said = settings.call(lambda: cast("Any", source).exposure_time, "exposure_time")
                found = settings.read("exposure_time")
                assert said == pytest.approx(found), f"its attribute exposure_time is {said}, the setting {found}"

    def _touched(self, settings: "DrivenSettings") -> Iterator[str]:
        for name in settings.there():
            if name not in self.untouched:
                yield name

    def _check_values(self, settings: "DrivenSettings", name: str) -> None:
        before = settings.read(name)
        for value in (*_ends(settings.there()[name], before), before):
            settings.set(name, value)
            found = settings.read(name)
            expected = pytest.approx(value, rel=self.rounding) if isinstance(value, float) else value
            assert found == expected, f"{name} was set to {value!r}, and is {found!r}"


class DrivenSettings:
    """The settings of a source, on the thread that has it; in a ``with`` block. Skips the test where there are none."""

    def __init__(self, source: FrameSource, timeout: float) -> None:
        self._source = source
        self._timeout = timeout

    def call(self, function: Callable[[], Any], what: str) -> Any:
        """What a call returns."""
        return self._thread.call(function, what, self._timeout + GRACE)

    def there(self) -> dict[str, Setting]:
        """All of them now, by name."""
        return self.call(lambda: settings_of(self._source), "settings")

    def read(self, name: str) -> Any:
        """The value of one."""
        setting = self.there()[name]
        return self.call(lambda: setting.read(name), f"get of {name}")

    def set(self, name: str, value: Value) -> None:
        """Set one."""
        setting = self.there()[name]
        self.call(lambda: setting.set(value), f"set of {name} to {value!r}")

    @contextlib.contextmanager
    def started(self) -> Generator[DrivenSource]:
        """The source, started; its settings are set on the same thread."""
        idle = self._thread
        with DrivenSource(self._source, self._timeout) as driven:
            self._thread = driven.thread
            try:
                yield driven
            finally:
                self._thread = idle

    def __enter__(self) -> Self:
        """Look whether there are any."""
        self._thread = OneThread("settings under test")
        if not (has_settings(self._source) and self.there()):
            self._thread.end()
            pytest.skip("it has no settings")
        return self

    def __exit__(self, *_: object) -> None:
        """End the thread."""
        self._thread.end()


def _ends(setting: Setting, value: Value) -> tuple[Value, ...]:
    """The extremes of what can be set."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, str):
        return setting.choices or ()
    return tuple(type(value)(limit) for limit in setting.limits or () if math.isfinite(limit))


def _moderate(setting: Setting, value: Value) -> tuple[Value, ...]:
    """Others that a frame can be taken with in about the same time."""
    if isinstance(value, bool | str):
        return _ends(setting, value)
    others = (value + 1, value - 1) if isinstance(value, int) else (value * 1.25, value * 0.8)
    return tuple(other for other in others if other != value and setting.allows(other))[:1]
