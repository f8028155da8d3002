"""What framestore relies on in a source of frames."""

import math
import operator
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framestore.acquisition import exposure_time
from framestore.acquisition.ids import FrameIds
from framestore.formats import HDF5
from framestore.frame import Frame, FrameSource

from .driven import GRACE, DrivenSource, pause
from .leftovers import Leftovers
from .round_trip import acquire, read
from .thread import OneThread
from .triggers import TriggerTests
from .witness import Witness, digest


class FrameSourceTests(TriggerTests):
    """Tests that a `FrameSource` passes: inherit, and return yours from a fixture ``source``."""

    frames: ClassVar[int] = 50
    """How many frames a test looks at."""
    frame_timeout: ClassVar[float] = 10.0
    """Seconds that the source may take to start and to stop, and for each frame beyond its exposure time."""
    clock_error: ClassVar[float] = 0.02
    """Seconds that its timestamps may differ from the clock of this computer."""

    @pytest.fixture
    def source(self) -> FrameSource:
        """A source that has not been started; each test has its own."""
        msg = "return your source from a fixture named 'source' of the class that inherits FrameSourceTests"
        raise NotImplementedError(msg)

    @pytest.fixture
    def starved_source(self) -> FrameSource | None:
        """A source to which no frame comes, such as one that waits for a trigger; None where there is no such way."""
        return None

    def expected(self, frame: Frame) -> ArrayLike | None:
        """What ``frame.array`` holds, where that is known; None where it is not. ``frame`` is one that was given."""
        del frame

    def test_shape_and_dtype_are_known_once_it_is_started(self, source: FrameSource) -> None:
        """They are those of numbers that a file can hold."""
        with self._driven(source) as driven:
            shape, dtype = driven.form()
        assert shape, f"shape must be that of an image, or of a spectrum, not {shape!r}"
        assert all(operator.index(size) >= 1 for size in shape), f"each size must be at least 1, not {shape!r}"
        HDF5().check(tuple(shape), np.dtype(dtype))

    def test_each_frame_is_as_announced(self, source: FrameSource) -> None:
        """Frames are of the announced shape and dtype, which stay the same."""
        with self._driven(source) as driven:
            form = driven.form()
            for _ in range(self.frames):
                frame = driven.next()
                assert isinstance(frame, Frame), f"next_frame must return a framestore.Frame, not {frame!r}"
                array = frame.array
                assert isinstance(array, np.ndarray), f"a frame's array must be a numpy array, not {type(array)}"
                assert (array.shape, array.dtype) == (tuple(form[0]), np.dtype(form[1])), (
                    f"frame {frame.frame_id} has shape {array.shape} and dtype {array.dtype}, announced were {form}"
                )
            assert driven.form() == form, f"shape and dtype changed from {form} to {driven.form()} while frames came"

    def test_frames_are_numbered_one_by_one(self, source: FrameSource) -> None:
        """Ids are whole numbers, none is missing, none comes twice; they may begin anew after 16 or 32 bits."""
        with self._driven(source) as driven:
            self._check_ids(driven.take(self.frames))

    def test_frames_after_a_pause(self, source: FrameSource) -> None:
        """None comes twice; one is missing only where the source is free-running."""
        with self._driven(source) as driven:
            taken = driven.take(3)
            pause(0.2)
            taken += driven.take(3)
            self._check_ids(taken, gaps=bool(getattr(source, "free_running", False)))

    def test_it_can_be_started_again(self, source: FrameSource) -> None:
        """The second time, on another thread, it is as good as the first."""
        forms: list[Any] = []
        for _ in range(2):
            with self._driven(source) as driven:
                forms.append(driven.form())
                taken = driven.take(5)
            self._check_ids(taken)
            for frame in taken:
                self._check_content(frame)
        assert len(forms[1][0]) > 0, f"shape after the second start is {forms[1][0]!r}"

    def test_frames_hold_what_is_expected(self, source: FrameSource) -> None:
        """Where that is known."""
        with self._driven(source) as driven:
            for frame in driven.take(self.frames):
                self._check_content(frame)

    def test_timestamps_are_those_of_the_exposures(self, source: FrameSource) -> None:
        """They are POSIX seconds: none is in the future, none long before the start, none before the last."""
        began = time.time()
        with self._driven(source) as driven:
            stamps: list[float] = []
            for _ in range(self.frames):
                stamp = driven.next().timestamp
                now = time.time()
                assert math.isfinite(stamp), f"timestamp {stamp!r} is not a time"
                assert stamp <= now + self.clock_error, f"timestamp {stamp} is {stamp - now:.3f} s in the future"
                stamps.append(stamp)
            earliest = began - exposure_time(source) - self.clock_error
        assert stamps[0] >= earliest, f"timestamp {stamps[0]} is {began - stamps[0]:.3f} s before the start"
        back = [pair for pair in pairwise(stamps) if pair[1] < pair[0]]
        assert not back, f"timestamps go back, from {back[0][0]} to {back[0][1]}"

    def test_a_source_that_can_wait_exposes_nothing_ahead(self, source: FrameSource) -> None:
        """The exposure of each frame begins after it was asked for."""
        if not getattr(source, "can_wait", False):
            pytest.skip("it does not say can_wait = True")
        assert not getattr(source, "free_running", False), "it cannot be free_running and can_wait, too"
        with self._driven(source) as driven:
            for _ in range(3):
                pause(0.1 + self.clock_error)
                asked = time.time()
                frame = driven.next()
                early = asked - frame.timestamp
                assert early <= self.clock_error, f"frame {frame.frame_id} began {early:.3f} s before it was asked for"

    def test_an_array_stays_until_the_next_frame_is_asked_for(self, source: FrameSource) -> None:
        """Nobody writes into it meanwhile."""
        with self._driven(source) as driven:
            for _ in range(3):
                frame = driven.next()
                before = digest(frame.array)
                pause(0.05)
                assert digest(frame.array) == before, f"frame {frame.frame_id} changed before the next was asked for"

    def test_arrays_stay_for_good_where_buffers_are_not_reused(self, source: FrameSource) -> None:
        """Frames that were given before do not change when others come."""
        if getattr(source, "reuses_buffers", True):
            pytest.skip("it does not say reuses_buffers = False")
        kept: list[tuple[Frame, bytes]] = []
        with self._driven(source) as driven:
            for _ in range(min(self.frames, 20)):
                frame = driven.next()
                kept.append((frame, digest(frame.array)))
        changed = [frame.frame_id for frame, was in kept if digest(frame.array) != was]
        assert not changed, f"it says reuses_buffers = False, and the arrays of frames {changed} changed"

    def test_a_source_without_a_frame_says_so_in_time(self, starved_source: FrameSource | None) -> None:
        """``next_frame`` raises TimeoutError, soon after the time that it was given; it can be stopped then."""
        if starved_source is None:
            pytest.skip("there is no starved_source")
        with self._driven(starved_source) as driven:
            for timeout in (0.1, 0.3):
                began = time.monotonic()
                with pytest.raises(TimeoutError):
                    driven.next(timeout)
                took = time.monotonic() - began
                assert took <= timeout + GRACE / 2, f"next_frame({timeout}) took {took:.2f} s to raise TimeoutError"

    def test_the_exposure_time_can_be_asked_for_at_any_time(self, source: FrameSource) -> None:
        """It is in seconds, and another thread gets it while the source waits for a frame."""
        if not hasattr(source, "exposure_time"):
            pytest.skip("it has no exposure_time")
        entered = threading.Event()

        def wait_for_a_frame() -> None:
            entered.set()
            source.next_frame(self.frame_timeout)

        with self._driven(source) as driven, OneThread("asks for the exposure time") as other:
            waiting = driven.thread.begin(wait_for_a_frame)
            entered.wait(GRACE)
            pause(0.05)
            seconds = other.call(lambda: exposure_time(source), "exposure_time", 0.5)
            waiting.result(self.frame_timeout + seconds + GRACE)
        assert seconds >= 0, f"exposure_time must be in seconds, not {seconds}"
        assert math.isfinite(seconds), f"exposure_time must be in seconds, not {seconds}"

    def test_stop_is_harmless_when_it_is_not_started(self, source: FrameSource) -> None:
        """It is called after a start that failed, too."""
        driven = DrivenSource(source, self.frame_timeout)
        driven.stop()
        with driven:
            driven.take(1)
        again = DrivenSource(source, self.frame_timeout)
        again.stop()
        again.thread.end()

    def test_nothing_is_left_when_it_is_stopped(self, source: FrameSource) -> None:
        """Neither threads nor open files; what a library keeps from its first use on is allowed."""
        self._rounds(source, 1)
        leftovers = Leftovers()
        self._rounds(source, 3)
        leftovers.check(f"{source!r}, started and stopped,")

    def test_frames_pass_through_an_acquisition_into_a_file(self, source: FrameSource, tmp_path: Path) -> None:
        """What plain h5py reads is what the source gave; frames after a trigger began after it."""
        witness, path, points = Witness(source), tmp_path / "frames.h5", (1, 1, self.frames)
        triggered = acquire(cast("FrameSource", witness), HDF5(), path, points, self.frame_timeout)
        found = read(path)
        assert len(found.images) == sum(points), f"{len(found.images)} frames in the file, expected {sum(points)}"
        for image, number, stamp in zip(found.images, found.ids, found.timestamps, strict=True):
            entry = (number, stamp, digest(image))
            assert entry in witness.given, f"frame {number} in the file is not as the source gave it"
            self._check_content(Frame(image, number, stamp))
        for asked, first in zip(triggered, (0, 1, 2), strict=True):
            early = asked - found.timestamps[first]
            assert early <= self.clock_error, f"frame {found.ids[first]} began {early:.3f} s before its trigger"

    def _rounds(self, source: FrameSource, count: int) -> None:
        for _ in range(count):
            with self._driven(source) as driven:
                driven.take(2)

    def _driven(self, source: FrameSource) -> DrivenSource:
        return DrivenSource(source, self.frame_timeout)

    def _check_content(self, frame: Frame) -> None:
        expected = self.expected(frame)
        if expected is not None:
            np.testing.assert_array_equal(frame.array, expected, err_msg=f"frame {frame.frame_id} is not as expected")

    def _check_ids(self, frames: list[Frame], *, gaps: bool = False) -> None:
        ids = FrameIds()
        numbers = [operator.index(frame.frame_id) for frame in frames]
        missing = [ids.missing(number) for number in numbers]
        assert None not in missing, f"ids go up by one from frame to frame; one came again, or out of order: {numbers}"
        assert gaps or not any(missing), f"ids go up by one from frame to frame; some are missing: {numbers}"
