"""What tests of ``verify`` share: runs of real cameras, and their files."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import framestore_handlers
import pytest
from bluesky.plans import count
from numbered import NumberedSource

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr

FORMATS = {"hdf5": HDF5, "tiff": TIFF, "tiff_stack": TIFFStack, "jpeg": JPEG, "png": PNG, "zarr": Zarr}
SERIES = ("tiff", "jpeg", "png")
SUFFIXES = (".h5", ".tiff", ".jpg", ".png")


@dataclass
class Taken:
    """A run that has ended, with its files; an event has two frames."""

    format: str
    documents: list
    folder: Path
    camera: object
    front: object
    frames: int
    kept: Path
    whole: list = field(default_factory=list)

    def __post_init__(self):
        shutil.copytree(self.folder, self.kept)

    @property
    def files(self):
        """Those that hold frames, in their order."""
        if self.format == "zarr":
            return sorted(self.folder.glob("*/data/c.*"))
        return sorted(path for path in self.folder.iterdir() if path.suffix in SUFFIXES)

    @property
    def key(self):
        return self.front.image("camera")

    def again(self):
        """All files as they were."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder)

    def load(self, **kwargs):
        return framestore_handlers.load(self.documents, **kwargs)

    def verify(self, **kwargs):
        return framestore_handlers.verify(self.documents, **kwargs)

    def failures(self, **kwargs):
        """(kind, frames) of each; as the text, JSON and the value tell it."""
        report = self.verify(**kwargs)
        found = [finding for finding in report.findings if finding.fails]
        assert report.ok == bool(report) == (not found) == report.as_dict()["ok"]
        assert str(report).splitlines()[0].startswith(f"run {report.run}: {'OK' if report.ok else 'FAILED'}")
        for finding in found:
            assert finding.what in str(report)
            assert finding.kind in str(report)
        return [(finding.kind, finding.frames) for finding in found]


@pytest.fixture
def take(run_engine, make_camera, documents, folder, front, tmp_path):
    """Takes a run with a camera of a format."""

    def take(name, *, points=3, shape=(48, 64), dtype="uint8", plan=None, **settings):
        chosen = FORMATS[name](**settings)
        camera = make_camera(NumberedSource(shape, dtype), format=chosen, frames_per_point=2, stats=(), hints=())
        run_engine((plan or count)([camera], points), documents)
        front.unstage(camera)
        return Taken(name, documents.pairs, folder, camera, front, 2 * points, tmp_path / "kept")

    return take
