"""What the tests of a device front have in common: what its implementer says, and how frames are compared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import framestore_handlers
import numpy as np
import pytest
from bluesky import plan_stubs as bps
from bluesky import plans as bp
from numpy.typing import NDArray

from framestore.paths import PathProvider, StaticPathProvider, UUIDFilenameProvider
from framestore.testing.known import KnownSource
from framestore.testing.leftovers import Leftovers
from framestore.testing.recorder import Recorder
from framestore.testing.thread import HangsError

from .engine import Engine


class FrontTests:
    """Detectors of a front, made when a RunEngine is there; at the end of a test nothing of theirs may be left."""

    plan_timeout: ClassVar[float] = 30.0
    """Seconds after which a plan counts as one that hangs."""
    lasting_threads: ClassVar[tuple[str, ...]] = ("asyncio_",)
    """Beginnings of the names of threads that may stay, as those of asyncio's pool do."""
    staging_twice_raises: ClassVar[bool] = True
    """Whether staging a detector that is staged is an error."""

    def make_detector(self, source: KnownSource, path_provider: PathProvider, **settings: Any) -> Any:
        """A detector that takes frames from ``source`` and writes them where ``path_provider`` says.

        Parameters
        ----------
        source
            Gives the frames; not staged.
        path_provider
            Says where files go; the folder does not exist yet.
        settings
            ``name`` (str) always; of ``frames_per_point`` (int) and ``frame_timeout`` (seconds) those that differ from
            1 and 10.
        """
        raise NotImplementedError

    def data_key(self, name: str) -> str:
        """Data key of the images of the detector of that name."""
        raise NotImplementedError

    def mean_key(self, name: str) -> str | None:
        """Data key of the mean of each event's frames; None where events have none."""
        del name

    def expected(self, frame: NDArray[Any]) -> NDArray[Any]:
        """What is read back of a frame: the same, but for formats that lose something."""
        return frame

    def load(self, documents: Recorder) -> Any:
        """The run, of which ``run[stream][data key]`` gives a dask array."""
        return framestore_handlers.load(documents)

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        """A RunEngine, each document of which is checked."""
        with Engine(self.plan_timeout) as engine:
            engine.run_engine.subscribe(Recorder())
            yield engine

    @pytest.fixture
    def documents(self) -> Recorder:
        """For the documents that a test looks at."""
        return Recorder()

    @pytest.fixture
    def source(self) -> KnownSource:
        """A source for a detector."""
        return KnownSource()

    @pytest.fixture
    def detectors(self, engine: Engine, tmp_path: Path) -> Iterator["Detectors"]:
        """Makes detectors."""
        detectors = Detectors(self, engine, tmp_path / "frames")
        yield detectors
        detectors.end()

    def frames(self, documents: Recorder, name: str, stream: str = "primary") -> NDArray[Any]:
        """All frames of a stream, (events, frames per point, \\*frame shape)."""
        return np.asarray(self.load(documents)[stream][self.data_key(name)].compute(scheduler="synchronous"))

    def check_frames(
        self, found: NDArray[Any], source: KnownSource, numbers: list[int], frames_per_point: int = 1
    ) -> None:
        """Fail unless the frames that were read back are those of these numbers, in order."""
        expected = np.array([self.expected(source.frame(k)) for k in numbers])
        expected = expected.reshape(-1, frames_per_point, *source.shape)
        np.testing.assert_array_equal(found, expected, err_msg=f"the frames are not those of numbers {numbers}")
        assert found.dtype == source.dtype, f"frames of {source.dtype} were read back as {found.dtype}"

    def numbers_of(self, event: NDArray[Any], source: KnownSource) -> list[int]:
        """Which frames of the source these are, (frames, \\*frame shape), that were read back."""
        known = {self.expected(source.frame(k)).tobytes(): k for k in range(source.count)}
        numbers = [known.get(frame.tobytes()) for frame in np.asarray(event)]
        assert None not in numbers, "a frame was read back that the source has not given"
        return [number for number in numbers if number is not None]

    def check_works(self, engine: Engine, detector: Any, source: KnownSource) -> None:
        """Fail unless a run of two points succeeds now."""
        documents, first = Recorder(), source.count
        engine.run(bp.count([detector], 2), documents)
        documents.check()
        frames = self.frames(documents, detector.name)
        assert len(frames) == 2, f"{len(frames)} points in the run, expected 2"
        self.check_frames(frames, source, list(range(first, source.count)), frames.shape[1])

    def check_streams_apart(self, documents: Recorder) -> None:
        """Fail when a resource holds frames of two streams."""
        streams: dict[str, set[str]] = {}
        for datum in documents.of("stream_datum"):
            streams.setdefault(datum["stream_resource"], set()).add(datum["descriptor"])
        shared = [resource for resource, descriptors in streams.items() if len(descriptors) > 1]
        assert not shared, f"resources {shared} hold frames of two streams"

    def check_refusal(self, error: BaseException) -> None:
        """Fail unless it is, or was caused by, a RuntimeError that names the detector ``det``."""
        reasons = [cause for cause in caused_by(error) if isinstance(cause, RuntimeError)]
        assert any("det" in str(reason) for reason in reasons), f"expected a RuntimeError that names det, not {error!r}"

    def failure(self, engine: Engine, plan: Any, *subscribers: Recorder) -> BaseException:
        """The error that a plan fails with.

        Raises
        ------
        AssertionError
            When it does not fail, or does not end.
        """
        try:
            engine.run(plan, *subscribers)
        except HangsError:
            raise
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failure = error
        else:
            failure = None
        assert failure is not None, "the plan succeeded, and was expected to fail"
        assert engine.run_engine.state == "idle", f"the RunEngine is {engine.run_engine.state} after {failure!r}"
        return failure


def caused_by(error: BaseException) -> list[BaseException]:
    """The error, its cause, the cause of that, and so on: bluesky and ophyd-async wrap those of a Status."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    return causes


class Detectors:
    """Makes detectors of a front, in one folder.

    Parameters
    ----------
    front
        Knows how.
    engine
        Runs their plans.
    folder
        Where their files go.
    """

    def __init__(self, front: FrontTests, engine: Engine, folder: Path) -> None:
        self._front = front
        self._engine = engine
        self._leftovers = Leftovers(front.lasting_threads, files=False)
        self._made: list[Any] = []
        self.path_provider = StaticPathProvider(UUIDFilenameProvider(), folder)
        """Says where."""

    def __call__(self, source: KnownSource, name: str = "det", **settings: Any) -> Any:
        """A new one."""
        detector = self._front.make_detector(source, self.path_provider, name=name, **settings)
        self._made.append(detector)
        return detector

    def unstage(self) -> None:
        """Unstage all that were made."""
        for detector in self._made:
            self._engine.run(bps.unstage(detector, wait=True))

    def end(self) -> None:
        """Unstage all, and fail when a thread of theirs goes on."""
        if self._engine.hangs:
            return
        if self._engine.run_engine.state == "paused":
            self._engine.end("halt")
        self.unstage()
        self._leftovers.check("a detector that was unstaged")
