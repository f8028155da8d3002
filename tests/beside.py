"""A camera in a process of its own, which takes points at the test's word, and tells what comes of them."""

import errno
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import framestore_handlers
from taking import PROCESSES, Endless

_PATIENCE = 60
"""Seconds within which it answers."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a run ended with: an error, or that of its camera's Status."""

    kind: str
    """Name of its class."""
    errno: int | None
    text: str
    """What it says, with its notes."""
    after: str = ""
    """What else was raised on the way out."""

    @classmethod
    def of(cls, error):
        cause = error.__cause__ or error
        text = "\n".join([str(cause), *getattr(cause, "__notes__", [])])
        context = error.__context__ if error.__cause__ is None else None
        number = getattr(cause, "errno", None)
        return cls(kind=type(cause).__name__, errno=number, text=text, after=repr(context) if context else "")

    @property
    def name(self):
        """Name of the error's number."""
        return errno.errorcode.get(self.errno)


class Beside:
    """The camera, as the test sees it: a run after another, point by point.

    Parameters
    ----------
    job
        What camera it is.
    connection
        To its process.
    pid
        Of that.
    """

    def __init__(self, job, connection, pid):
        self.job = job
        self.pid = pid
        self.runs = 0
        self.first = 0
        self.points = 0
        self._connection = connection

    def begin(self):
        """Stage the camera, and open a run; a Failure if that fails."""
        self.runs += 1
        self.points = 0
        self._connection.send("run")
        return self._answer()

    def point(self):
        """Take a point; None, or how it failed. The run is over then, and the camera unstaged."""
        self._connection.send("point")
        failure = self._answer()
        if failure is None:
            self.points += 1
        return failure

    def take(self, points):
        """Take so many, all of which must succeed."""
        for _ in range(points):
            failure = self.point()
            assert failure is None, failure

    def until_it_fails(self, most=1000):
        """Take points until one fails."""
        for _ in range(most):
            failure = self.point()
            if failure is not None:
                return failure
        raise AssertionError(f"{most} points succeeded")

    def end(self):
        """Close the run, and unstage the camera; None, or how that failed."""
        self._connection.send("end")
        return self._answer()

    def check(self, **kwargs):
        """All points of the last run that succeeded are read back by `load`, and are the source's."""
        seen = self.seen(**kwargs)
        self.check_again(seen)
        return seen

    def seen(self, **kwargs):
        """What `check_again` has to know of the last run."""
        return self.runs, self.points, self.first, kwargs

    def check_again(self, seen):
        """The same of a run that was checked before."""
        number, points, first, kwargs = seen
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run = framestore_handlers.load(self.lines(number), **kwargs)
        assert len(run["primary"]) == points
        self.job.compare(run["primary"].read("camera_image"), points, first)
        self.job.compare(run["primary"]["camera_image"].compute(), points, first)

    def lines(self, run):
        """Where the documents of a run are."""
        return self.job.folder / f"run_{run}.jsonl"

    def _answer(self):
        assert self._connection.poll(_PATIENCE), "the camera's process does not answer"
        about, value = self._connection.recv()
        if about == "first":
            self.first = value
            return None
        return value


def serve(job, settings, connection):
    """In the other process: do what the test says, until it says nothing more."""
    from bluesky import RunEngine
    from bluesky.callbacks.json_writer import JSONLinesWriter

    source = Endless(lossy=job.settings.lossy)
    camera = job.camera(source, **settings)
    engine = RunEngine()
    number = 0
    while connection.recv() != "exit":
        number += 1
        token = engine.subscribe(JSONLinesWriter(str(job.folder), f"run_{number}.jsonl"))
        try:
            engine(_points(camera, source, connection))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            connection.send(("failed", Failure.of(error)))
        else:
            connection.send(("ended", None))
        engine.unsubscribe(token)


def _points(camera, source, connection):
    from bluesky import plan_stubs as bps
    from bluesky import preprocessors as bpp

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def points():
        connection.send(("first", source.count))
        while connection.recv() == "point":
            yield from bps.trigger_and_read([camera])
            connection.send(("taken", None))

    return points()


@contextmanager
def camera_beside(job, **settings):
    """A camera with these settings in a process of its own, which must come to an orderly end."""
    ours, its = PROCESSES.Pipe()
    process = PROCESSES.Process(target=serve, args=(job, settings, its))
    process.start()
    its.close()
    try:
        yield Beside(job, ours, process.pid)
        ours.send("exit")
        process.join(_PATIENCE)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()
        ours.close()
