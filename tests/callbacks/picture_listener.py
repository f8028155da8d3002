"""A process that receives documents over 0MQ and draws: ``picture_listener.py <address of the proxy> <folder>``."""

import sys
from pathlib import Path

from bluesky.callbacks.zmq import RemoteDispatcher

from framestore.callbacks import LiveImage, LiveThumbnailGrid


class Listener:
    """Passes documents on to two callbacks; tells when it is there, and when the run is over."""

    def __init__(self, folder):
        self._callbacks = [
            LiveImage("camera_image", path=folder / "newest.png", patience=60, on_error="raise"),
            LiveThumbnailGrid("camera_image", path=folder / "grid.png", patience=60, on_error="raise"),
        ]

    def __call__(self, name, doc):
        if doc.get("uid") == "is anybody there?":
            print("listening", flush=True)
            return
        for callback in self._callbacks:
            callback(name, doc)
        if name == "stop":
            print("done", flush=True)


if __name__ == "__main__":
    dispatcher = RemoteDispatcher(sys.argv[1])
    dispatcher.subscribe(Listener(Path(sys.argv[2])))
    dispatcher.start()
