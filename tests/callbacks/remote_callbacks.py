"""A process with callbacks of its own: ``remote_callbacks.py <address of the proxy> <folder> <data key of images>``."""

import json
import sys
from pathlib import Path

import numpy as np
from bluesky.callbacks.zmq import RemoteDispatcher

from framestore.callbacks import ExportOnStop, LiveTiffExporter, post_run
from framestore.exporters import export_tiff


def main(address, folder, key):
    folder = Path(folder)
    live = LiveTiffExporter(key, folder / "live/{event[seq_num]}_{i}.tiff")
    stopped = ExportOnStop(export_tiff, folder / "stopped", template="{seq_num}_{i}.tiff")
    failing = LiveTiffExporter(key, folder / "{start[nobody]}.tiff")

    def check(run):
        frames = run["primary"].read(key)
        np.save(folder / "whole.npy", frames)

    def tell(name, doc):
        if doc.get("uid") == "is anybody there?":
            print("listening", flush=True)
        elif name == "stop":
            errors = [len(each.errors) for each in (live, stopped, failing, checked)]
            (folder / "told.json").write_text(json.dumps([live.filenames, errors]))
            print("done", flush=True)

    checked = post_run(check)
    dispatcher = RemoteDispatcher(address)
    for callback in (live, stopped, failing, checked, tell):
        dispatcher.subscribe(callback)
    dispatcher.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
