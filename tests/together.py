"""An ophyd camera, an ophyd-async camera and motors of both, in the same plans; frame k of each camera is known."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
from flying import landed
from fronts_of import OPHYD, OPHYD_ASYNC
from ophyd.sim import SynAxis
from ophyd_async.sim import SimMotor

from framestore.plans import fly
from framestore.testing.stepped import SteppedSource


class Pair:
    """Two cameras, ``old`` of ophyd and ``new`` of ophyd-async, and two motors, likewise."""

    def __init__(self, path_provider, **settings):
        self.sources = {"old": SteppedSource((6, 10), "uint16"), "new": SteppedSource((8, 16), "uint8")}
        self.frames = {"old": 1, "new": 2}
        self.fronts = {"old": OPHYD, "new": OPHYD_ASYNC}
        self.cameras = [
            front.make(self.sources[name], path_provider, name=name, frames_per_point=self.frames[name], **settings)
            for name, front in self.fronts.items()
        ]
        self.x, self.theta = SimMotor("x", instant=True), SynAxis(name="theta")
        OPHYD_ASYNC.call(self.x.connect)

    def release(self, points):
        for name, source in self.sources.items():
            source.release(points * self.frames[name])

    def close(self):
        self.release(1000)
        for front, camera in zip(self.fronts.values(), self.cameras, strict=True):
            front.unstage(camera)

    def image(self, name):
        return self.fronts[name].image(name)

    def expected(self, name, points):
        """Frames of these points of a camera."""
        each, source = self.frames[name], self.sources[name]
        return np.array([[source.frame(point * each + j) for j in range(each)] for point in points])

    def count(self):
        self.release(3)
        yield from bp.count(self.cameras, 3)

    def grid_scan(self):
        self.release(6)
        yield from bp.grid_scan(self.cameras, self.x, 0, 1, 3, self.theta, -1, 1, 2)

    def flown(self):
        self.release(5)
        yield from fly(self.cameras, 5, flush_period=0.05)

    def in_one_stream(self, *, pause=bps.null):
        """The new one is faster than the old one."""
        yield from self._begin("primary", self.cameras)
        for name, points in {"old": 2, "new": 4}.items():
            yield from landed(self._camera(name), self.sources[name], points)
        yield from bps.collect(*self.cameras, name="primary")
        yield from bps.checkpoint()
        yield from pause()
        yield from self._end({"primary": self.cameras})

    def in_two_streams(self, *, pause=bps.null):
        streams = {"of old": [self._camera("old")], "of new": [self._camera("new")]}
        for stream, cameras in streams.items():
            yield from self._begin(stream, cameras)
        for name, points in {"old": 2, "new": 4}.items():
            yield from landed(self._camera(name), self.sources[name], points)
            yield from bps.collect(self._camera(name), name=f"of {name}")
        yield from bps.checkpoint()
        yield from pause()
        yield from self._end(streams)

    def points(self, *, pause=bps.null):
        """Four, in which both are triggered, and the motors moved."""
        self.release(8)
        for k in range(4):
            yield from bps.checkpoint()
            yield from bps.mv(self.x, k, self.theta, -k)
            for camera in self.cameras:
                yield from bps.trigger(camera, group="point")
            yield from bps.wait("point")
            yield from bps.create()
            for device in (*self.cameras, self.x, self.theta):
                yield from bps.read(device)
            if k == 2:
                yield from pause()
            yield from bps.save()

    def _camera(self, name):
        return self.cameras[list(self.fronts).index(name)]

    def _begin(self, stream, cameras):
        for camera in cameras:
            yield from bps.prepare(camera, 6, wait=True)
        yield from bps.declare_stream(*cameras, name=stream, collect=True)
        for camera in cameras:
            yield from bps.kickoff(camera, wait=True)

    def _end(self, streams):
        for camera in self.cameras:
            yield from bps.complete(camera, group="complete")
        self.release(6)
        yield from bps.wait("complete")
        for stream, cameras in streams.items():
            yield from bps.collect(*cameras, name=stream)

    def in_a_run(self, plan):
        return bpp.stage_wrapper(bpp.run_wrapper(plan), self.cameras)


def once(plan):
    """The plan, the first time that it is asked for; then nothing."""
    done = []

    def of():
        if not done:
            done.append(True)
            yield from plan()

    return of
