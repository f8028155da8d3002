"""Two runs of real cameras, recorded into a folder."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import bluesky.plans as bp
from bluesky import RunEngine
from bluesky.callbacks.json_writer import JSONLinesWriter
from event_model import RunRouter
from numbered import NumberedSource

from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Runs of 2 and of 3 events: frames of one camera into HDF5 files, of the other into a TIFF file each."""

    folder: Path
    """Holds a folder ``documents`` and one ``frames``."""
    uids: tuple[str, ...]

    @property
    def documents(self):
        return self.folder / "documents"

    def file(self, number):
        """Documents of a run."""
        return self.documents / f"{self.uids[number].split('-')[0]}.jsonl"


def record(folder):
    (folder / "documents").mkdir()
    engine = RunEngine({})
    engine.subscribe(RunRouter([lambda *_: ([JSONLinesWriter(str(folder / "documents"))], [])]))
    provider = StaticPathProvider(UUIDFilenameProvider(), folder / "frames")
    cameras = [
        Camera(NumberedSource(), provider, format=name, documents=family, stats=("mean",), name=name)
        for name, family in (("hdf5", "stream"), ("tiff", "datum"))
    ]
    uids = tuple(engine(bp.count(cameras, count), sample="Fe\x1b[2J")[0] for count in (2, 3))
    engine.loop.call_soon_threadsafe(engine.loop.stop)
    return Recorded(folder=folder, uids=uids)


def start(name, *arguments, **settings):
    """Run an installed command to its end."""
    script = Path(sys.executable).with_name(name)
    environment = os.environ | settings.pop("env", {})
    return subprocess.run(
        [script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env=environment,
        **settings,
    )
