"""A camera whose settings can be changed, and that notes who calls it."""

import threading
from contextlib import contextmanager

import numpy as np
from numbered import NumberedSource

from framestore import Frame, Setting


class Adjustable(NumberedSource):
    """Each frame is full of the gain. Exposure times are rounded to 10 ms, and limit the frame rate.

    What is in `acts` is called, once, in the thread that sets the setting of that name, before it is set.
    """

    can_wait = True

    def __init__(self, shape=(5, 7), dtype="uint16"):
        super().__init__(shape, dtype)
        self.values = {"exposure_time": 0.01, "frame_rate": 20.0, "gain": 1, "cooled": False, "pixel_format": "Mono16"}
        self.acts = {}
        self.collisions = 0
        self._inside = threading.Lock()

    @property
    def settings(self):
        with self._alone():
            return {
                "exposure_time": self._setting("exposure_time", units="s", limits=(0.01, 30.0)),
                "frame_rate": self._setting("frame_rate", units="Hz", limits=(0.01, 1 / self.values["exposure_time"])),
                "gain": self._setting("gain", limits=(1, 48)),
                "cooled": self._setting("cooled"),
                "pixel_format": self._setting("pixel_format", choices=("Mono8", "Mono16"), while_staged=False),
            }

    def _setting(self, name, **kwargs):
        return Setting(get=lambda: self._get(name), set=lambda value: self._set(name, value), **kwargs)

    def _get(self, name):
        with self._alone():
            if name == "frame_rate":
                return min(self.values["frame_rate"], 1 / self.values["exposure_time"])
            return self.values[name]

    def _set(self, name, value):
        with self._alone():
            act = self.acts.pop(name, None)
            if act is not None:
                act()
            self.values[name] = round(value, 2) if name == "exposure_time" else value
            if name == "pixel_format":
                self.dtype = np.dtype("uint8" if value == "Mono8" else "uint16")

    @contextmanager
    def _alone(self):
        self.threads.add(threading.get_ident())
        alone = self._inside.acquire(blocking=False)
        self.collisions += not alone
        try:
            yield
        finally:
            if alone:
                self._inside.release()

    def start(self):
        with self._alone():
            super().start()

    def next_frame(self, timeout):
        with self._alone():
            frame = super().next_frame(timeout)
            return Frame(np.full(self.shape, self.values["gain"], self.dtype), frame.frame_id, frame.timestamp)

    def stop(self):
        with self._alone():
            super().stop()
