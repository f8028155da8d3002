"""A process that receives documents over 0MQ: ``listener.py <address of the proxy> <file for what it received>``."""

import pickle
import sys
from pathlib import Path

import framestore_handlers
from bluesky.callbacks.zmq import RemoteDispatcher


class Listener:
    """Keeps the documents of a run and, when it ends, the frames that this process finds by them."""

    def __init__(self, path):
        self._path = path
        self._documents = []

    def __call__(self, name, doc):
        if doc.get("uid") == "is anybody there?":
            print("listening", flush=True)
            return
        self._documents.append((name, doc))
        if name == "stop":
            frames = framestore_handlers.load(self._documents)["primary"].read("camera_image")
            self._path.write_bytes(pickle.dumps((self._documents, frames)))
            print("done", flush=True)


if __name__ == "__main__":
    dispatcher = RemoteDispatcher(sys.argv[1])
    dispatcher.subscribe(Listener(Path(sys.argv[2])))
    dispatcher.start()
