"""A beamline for darks and flats: a shutter, a sample on a stage, and what a camera sees of them."""

import threading
from functools import partial

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import h5py
import numpy as np
from named import Named
from ophyd.sim import SynAxis
from ophyd.status import Status

from framestore.plans import dark_flat

OPEN, CLOSED, IN, OUT = 1, 0, 0, 20
DARK, FLAT, SAMPLE = 3, 200, 90
"""Counts of each pixel."""


class Shutter(SynAxis):
    """A motor that fails when it is told to; and that moves when the test lets it."""

    def __init__(self, name):
        super().__init__(name=name)
        self.fails, self.asked, self.holds = [], [], None
        self.moving = threading.Event()
        self.ends_with = None

    def set(self, value):
        self.asked.append(value)
        status = Status(self)
        if self.fails and self.fails.pop(0):
            status.set_exception(OSError(f"{self.name} is stuck"))
        elif value == self.holds:
            self.holds = None  # only once: whoever interrupts it asks again
            if self.ends_with is not None:
                self.ends_with.add_callback(lambda _: status.set_finished())  # after bluesky was called back by it
            self.moving.set()
        else:
            super().set(value)
            status.set_finished()
        return status


class Beamline:
    """A shutter, a sample on a stage, and what a camera sees of them."""

    def __init__(self):
        self.shutter, self.x, self.rotation = Shutter("shutter"), Shutter("x"), SynAxis(name="rotation")
        self.shutter.set(OPEN)
        self.x.set(IN)
        self.shutter.asked.clear()
        self.x.asked.clear()
        self.shape, self.dtype = (4, 6), np.dtype("uint16")
        self.acts = {}
        self.taken = 0

    def start(self): ...
    def stop(self): ...

    def grab(self):
        act = self.acts.pop(self.taken, None)
        self.taken += 1
        if act is not None:
            act()
        if self.shutter.position == CLOSED:
            return np.full(self.shape, DARK, self.dtype)
        return np.full(self.shape, FLAT if self.x.position == OUT else SAMPLE, self.dtype)

    def fails_at(self, k):
        def fail():
            raise OSError("the cable was pulled")

        self.acts[k] = fail

    @property
    def is_ready(self):
        return (self.shutter.position, self.x.position) == (OPEN, IN)

    @property
    def moves(self):
        return {
            "close_shutter": partial(bps.mv, self.shutter, CLOSED),
            "open_shutter": partial(bps.mv, self.shutter, OPEN),
            "move_out": partial(bps.mv, self.x, OUT),
            "move_in": partial(bps.mv, self.x, IN),
        }

    def dark_flat(self, cameras, darks=2, flats=3, **others):
        return partial(dark_flat, cameras, **{"darks": darks, "flats": flats, **self.moves, **others})


def in_a_run(plan, *cameras):
    return bpp.stage_wrapper(bpp.run_wrapper(plan), cameras)


def counts(documents):
    """Counts of the frames of each stream, as h5py finds them in its file; a file is of one stream."""
    named, found = Named(documents), {}
    named.check()
    for uid in named.resources:
        ((_, stream, _),) = named.streams[uid]
        with h5py.File(named.path(uid)) as file:
            frames = file["entry/data/data"][()]
        assert len(frames) == len(named.rows(uid))
        found[stream] = [*found.get(stream, []), *(int(frame[0, 0]) for frame in frames)]
        assert all((frame == frame[0, 0]).all() for frame in frames)
    return found
