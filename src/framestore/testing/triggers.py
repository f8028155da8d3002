"""What framestore relies on in a source that can be triggered from elsewhere."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from framestore.frame import Frame, FrameSource

from .driven import GRACE, DrivenSource, pause
from .settings import DrivenSettings, SettingTests

Pulse = Callable[[], object]
"""Sends a pulse, and returns when it is over."""


class TriggerTests(SettingTests):
    """Tests of the setting ``trigger_mode``, which `FrameSourceTests` has too; skipped where no ``pulse`` is known."""

    clock_error: ClassVar[float] = 0.02
    """Seconds that its timestamps may differ from the clock of this computer."""

    @pytest.fixture
    def pulse(self) -> Pulse | None:
        """Sends a pulse to the trigger input of the source, and returns when it is over; None where no test can."""
        return None

    def test_each_trigger_gives_a_frame(self, source: FrameSource, pulse: Pulse | None) -> None:
        """Numbered one by one, with the time of the trigger; in each of the external modes."""
        for driven, send in self._triggered(source, pulse):
            taken = [self._triggered_frame(driven, send) for _ in range(3)]
            first = taken[0].frame_id
            numbers = [frame.frame_id for frame in taken]
            assert numbers == [first, first + 1, first + 2], f"ids go up by one a trigger, not {numbers}"

    def test_triggers_that_came_before_it_was_asked_are_kept(self, source: FrameSource, pulse: Pulse | None) -> None:
        """Those that were sent after ``trigger_mode`` was set; and an exposure is not broken off by a TimeoutError."""
        for driven, send in self._triggered(source, pulse):
            before = time.time()
            send()
            pause(0.1)
            frame = self._patiently(driven)
            assert frame.timestamp >= before - self.clock_error, "it is of a trigger before"

    def test_without_a_trigger_there_is_no_frame(self, source: FrameSource, pulse: Pulse | None) -> None:
        """``next_frame`` raises TimeoutError, soon after the time that it was given."""
        for driven, send in self._triggered(source, pulse):
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                driven.next(0.1)
            took = time.monotonic() - began
            assert took <= 0.1 + GRACE / 2, f"next_frame(0.1) took {took:.2f} s to raise TimeoutError"
            self._triggered_frame(driven, send)

    def test_frames_come_without_a_trigger_when_it_is_internal_again(
        self, source: FrameSource, pulse: Pulse | None
    ) -> None:
        """What a trigger began before that is not given any more."""
        with self._started(source, pulse) as (settings, driven, send):
            if "internal" not in (settings.there()["trigger_mode"].choices or ()):
                pytest.skip("its trigger_mode cannot be internal")
            for mode in self._external(settings):
                settings.set("trigger_mode", mode)
                send()
                pause(0.1)
                changed = time.time()
                settings.set("trigger_mode", "internal")
                frame = driven.next()
                early = changed - frame.timestamp
                assert early <= self.clock_error, f"frame {frame.frame_id} began {early:.3f} s before it was internal"

    def _triggered(self, source: FrameSource, pulse: Pulse | None) -> Iterator[tuple[DrivenSource, Pulse]]:
        """The source, started, in each of its external modes."""
        with self._started(source, pulse) as (settings, driven, send):
            for mode in self._external(settings):
                settings.set("trigger_mode", mode)
                assert settings.read("trigger_mode") == mode
                yield driven, send

    @contextmanager
    def _started(
        self, source: FrameSource, pulse: Pulse | None
    ) -> Generator[tuple[DrivenSettings, DrivenSource, Pulse]]:
        if pulse is None:
            pytest.skip("no pulse is known")
        with DrivenSettings(source, self.frame_timeout) as settings, settings.started() as driven:
            if "trigger_mode" not in settings.there():
                pytest.skip("it has no setting trigger_mode")
            before = settings.read("trigger_mode")
            yield settings, driven, pulse
            settings.set("trigger_mode", before)

    def _external(self, settings: DrivenSettings) -> list[str]:
        return [mode for mode in settings.there()["trigger_mode"].choices or () if mode != "internal"]

    def _triggered_frame(self, driven: DrivenSource, send: Pulse) -> Frame:
        """That of a pulse."""
        before = time.time()
        send()
        after = time.time()
        frame = self._patiently(driven)
        earliest, latest = before - self.clock_error, after + self.clock_error
        assert earliest <= frame.timestamp <= latest, (
            f"frame {frame.frame_id} has the timestamp {frame.timestamp}, its trigger was between {before} and {after}"
        )
        return frame

    def _patiently(self, driven: DrivenSource) -> Frame:
        """The next frame, asked for as an acquisition does: for a short time, again and again."""
        until = time.monotonic() + self.frame_timeout
        while True:
            try:
                return driven.next(0.02)
            except TimeoutError:
                assert time.monotonic() < until, f"a trigger gave no frame within {self.frame_timeout:g} s"
