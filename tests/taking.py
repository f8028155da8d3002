"""A camera in a process of its own, which takes points until it is killed, and tells which of them it acknowledged."""

import multiprocessing
import os
import signal
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import framestore_handlers
import numpy as np
from framestore_handlers.files import Files

from framestore import Frame

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["framestore.ophyd", "framestore.plans", "framestore_handlers", "bluesky.plans"])

_BITS = 16
_BLOCK = 8
"""Pixels along a side of a block that JPEG encodes by itself."""


def frame(k, *, lossy):
    """Frame k: noise, more of it in one frame than in the next, so that compressed frames differ in size.

    For a format that is lossy, the bits of k, and of a multiple of it, as blocks of black and white.
    """
    if not lossy:
        random = np.random.default_rng(k)
        return random.poisson(10 ** random.uniform(0, 4), (48, 64)).astype("uint16")
    bits = [[number >> bit & 1 for bit in range(_BITS)] for number in (k, k * 40503)]
    return np.kron(255 * np.array(bits, "uint8"), np.ones((_BLOCK, _BLOCK), "uint8"))


class Endless:
    """A source of these frames that is never slower than the camera. It has one buffer, as drivers have."""

    def __init__(self, *, lossy):
        self.lossy = lossy
        self._buffer = frame(0, lossy=lossy)
        self.shape, self.dtype = self._buffer.shape, self._buffer.dtype
        self.count = 0

    def start(self): ...

    def next_frame(self, timeout):
        self._buffer[...] = frame(self.count, lossy=self.lossy)
        self.count += 1
        return Frame(self._buffer, self.count - 1, time.time())

    def stop(self): ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a camera is to do."""

    folder: Path
    """Where documents go."""
    settings: object
    """The format's."""
    place: Path | None = None
    """Where frames go; None: into the folder ``frames`` beside the documents."""
    documents: str = "stream"
    frames_per_point: int = 1
    fly: bool = False

    def camera(self, source=None, **settings):
        """The camera that does it."""
        from framestore.ophyd import Camera
        from framestore.paths import StaticPathProvider, UUIDFilenameProvider

        return Camera(
            source or Endless(lossy=self.settings.lossy),
            StaticPathProvider(UUIDFilenameProvider(), self.place or self.folder / "frames"),
            format=self.settings,
            documents=self.documents,
            frames_per_point=self.frames_per_point,
            stats=(),
            name="camera",
            **settings,
        )

    def compare(self, points, count, first=0):
        """Check that these are so many points, (count, frames_per_point, *frame shape), from frame ``first`` on."""
        assert points.shape[:2] == (count, self.frames_per_point)
        for k, image in enumerate(points.reshape(-1, *points.shape[2:]), first):
            expected = frame(k, lossy=self.settings.lossy)
            assert (image.dtype, image.shape) == (expected.dtype, expected.shape)
            if self.settings.lossy:
                assert np.abs(image.astype(int) - expected).max() <= 8, f"frame {k}"
            else:
                np.testing.assert_array_equal(image, expected, err_msg=f"frame {k}")

    def take(self, said: Connection):
        """In the other process: take points for ever. Say how many are acknowledged, and how many are in documents."""
        from bluesky import RunEngine
        from bluesky.callbacks.json_writer import JSONLinesWriter

        camera = self.camera()
        engine = RunEngine()
        engine.subscribe(JSONLinesWriter(str(self.folder), "run.jsonl"))
        engine.subscribe(lambda name, doc: said.send(("documents", doc["seq_num"])), "event")
        engine.subscribe(lambda name, doc: said.send(("documents", doc["indices"]["stop"])), "stream_datum")
        engine(self._plan(camera, said))

    def _plan(self, camera, said):
        from bluesky import plan_stubs as bps
        from bluesky import preprocessors as bpp

        from framestore.plans import fly

        if self.fly:
            return fly([camera], 10**6, flush_period=0.003)

        @bpp.stage_decorator([camera])
        @bpp.run_decorator()
        def points():
            for taken in range(1, 10**6):
                yield from bps.trigger(camera, wait=True)
                said.send(("status", taken))
                yield from bps.create()
                yield from bps.read(camera)
                yield from bps.save()

        return points()


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What a camera has left that was killed."""

    job: Job
    acknowledged: int
    """Points whose Status was done."""
    documented: int
    """Points whose documents were out."""

    def check(self):
        """All frames that the documents name are read, and are the source's; how many points there are."""
        if not self._lines.exists():
            assert not self.documented
            return 0
        run = self.load()
        if "primary" not in run.streams:
            assert not self.documented
            return 0
        stream = run["primary"]
        points = stream["camera_image"]
        ahead = len(points) - len(stream)
        assert ahead in {0, 1}, f"{len(points)} sets of frames, {len(stream)} events"
        assert len(points) >= self.documented
        self.job.compare(stream.read("camera_image"), len(points))
        if not len(points):  # killed between the descriptor and the first event
            return 0
        for k in {0, len(points) // 2, len(points) - 1}:  # lazily, each by itself
            self.job.compare(points[k : k + 1].compute(), 1, k * self.job.frames_per_point)
        return len(points)

    def check_acknowledged(self):
        """All points whose Status was done, whether documents came of them or not, where one resource holds them."""
        resources = self._resources()
        if len(resources) != 1 or self.job.settings.rotate_frames or not self.acknowledged:
            return
        like = frame(0, lossy=self.job.settings.lossy)
        out = np.empty((self.acknowledged * self.job.frames_per_point, *like.shape), like.dtype)
        resources[0].read_into(out, 0)
        self.job.compare(out.reshape(-1, self.job.frames_per_point, *like.shape), self.acknowledged)

    def load(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", framestore_handlers.CutFileWarning)
            return framestore_handlers.load(self._lines)

    @property
    def _lines(self):
        return self.job.folder / "run.jsonl"

    def _resources(self):
        from framestore_handlers.documents.jsonl import pairs

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", framestore_handlers.CutFileWarning)
            documents = list(pairs(self._lines)) if self._lines.exists() else []
        return [Files().of(doc) for name, doc in documents if name in {"resource", "stream_resource"}]


@contextmanager
def camera_process(job):
    """A camera that takes points in a process of its own; gives the process, and what it says."""
    said, saying = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=job.take, args=(saying,))
    process.start()
    saying.close()
    try:
        yield process, said
    finally:
        process.kill()
        process.join()
        said.close()


def killed(job, after, microseconds):
    """Kill a camera so long after its message number ``after``, which is one of its start, a Status, or a document."""
    counts = {"status": 0, "documents": 0}
    with camera_process(job) as (process, said):
        for _ in range(after):
            assert said.poll(60), "the camera does not go on"
            _hear(said, counts)
        _spin(microseconds)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        while said.poll():  # what it said before it died
            try:
                _hear(said, counts)
            except EOFError:
                break
    return Killed(job=job, acknowledged=counts["status"], documented=counts["documents"])


def _hear(said, counts):
    about, number = said.recv()
    counts[about] = max(counts[about], number)


def _spin(microseconds):
    """Let that time pass: a sleep would be longer."""
    until = time.perf_counter() + microseconds * 1e-6
    while time.perf_counter() < until:
        pass
