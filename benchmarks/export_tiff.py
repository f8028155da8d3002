"""A run out of an HDF5 file of ours into TIFF: ``export_tiff`` against a bare loop, and the exporters that there were.

A sample is the CPU time of this process, all threads, from the documents to whole files; each contender's files are
compared with the frames afterwards. suitcase-tiff and bluesky's LiveTiffExporter write pixels alone, and let nobody
wait for the disk; ours write all documents into the files, and bring them to the disk.
"""

import shutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import event_model
import h5py
import numpy as np
import suitcase.tiff_series
import suitcase.tiff_stack
import tifffile
from bluesky.callbacks.broker import LiveTiffExporter
from framestore_handlers.hdf5 import HDF5Handler
from numpy.typing import NDArray

from framestore.acquisition import Acquisition
from framestore.exporters import export_tiff
from framestore.formats import HDF5

from .bursts import DATASET, take
from .ring import Ring, RingSource, noise
from .rows import Goal, Row, Sample, Times, at_most
from .runs import KEY, Documents, datums
from .scratch import scratch

_FRAMES = 500
_SHAPE = (1024, 1024)
_RING = 5
"""Frames that are written over and over, each another."""
_FILE_BYTES = _FRAMES * _SHAPE[0] * _SHAPE[1] * 2
_TEMPLATE = "{event[seq_num]:05d}_{i}.tiff"

Export = Callable[[Path, Documents, Path], Any]
"""(HDF5 file, documents, folder for the files) of a contender."""

Detail = Callable[[Times], str]

_NO_MORE = at_most(1.3)
"""Ours brings each file to the disk, and the documents into it; the others do neither."""


def recorded(path: Path, ring: Ring, frames: int) -> Documents:
    """A run of an HDF5 file that a camera writes: ``frames`` frames, the ring over and over."""
    acquisition = Acquisition(RingSource(ring), HDF5(), camera="benchmark", statistics=())
    with closing(acquisition):
        acquisition.start()
        take(acquisition, path, frames)
    return datums("AD_HDF5", path, ring, frames, {"frame_per_point": 1})


def filled(documents: Documents) -> Iterator[tuple[str, Any]]:
    """The documents as callbacks of the field want them, with our frames in them."""
    with event_model.Filler({"AD_HDF5": HDF5Handler}, inplace=False) as filler:
        yield from (filler(name, document) for name, document in documents)


def _events(documents: Documents) -> int:
    return sum(name == "event" for name, _ in documents)


def _our_stack(source: Path, documents: Documents, folder: Path) -> None:
    del source
    export_tiff(documents, folder, "{field}.tiff", stack=True, progress=False)


def _our_files(source: Path, documents: Documents, folder: Path) -> None:
    del source
    export_tiff(documents, folder, _TEMPLATE, progress=False)


def _bare(source: Path, documents: Documents, folder: Path) -> None:
    with h5py.File(source) as file, tifffile.TiffWriter(folder / "bare.tiff") as writer:
        frames: Any = file[DATASET]
        for number in range(_events(documents)):
            writer.write(frames[number], contiguous=False)


def _suitcase_stack(source: Path, documents: Documents, folder: Path) -> None:
    del source
    suitcase.tiff_stack.export(filled(documents), folder)


def _suitcase_series(source: Path, documents: Documents, folder: Path) -> None:
    del source
    suitcase.tiff_series.export(filled(documents), folder)


def _live(source: Path, documents: Documents, folder: Path) -> None:
    """LiveTiffExporter, with `tifffile.imwrite` where it takes the ``imsave`` that is gone."""
    del source
    exporter = _live_exporter(folder)
    exporter._doct = SimpleNamespace(Document=lambda _, document: document)
    exporter._tifffile = SimpleNamespace(imsave=tifffile.imwrite)
    for name, document in filled(documents):
        exporter(name, document)


def _live_exporter(folder: Path) -> Any:
    with redirect_stdout(StringIO()):  # it tells there that doct is not installed, and goes on
        return LiveTiffExporter(KEY, str(folder / _TEMPLATE), db=SimpleNamespace(fs=None))


def _as_it_is() -> str:
    """What LiveTiffExporter raises today, as it is documented."""
    told: list[str] = []
    frame = {"data": {KEY: np.zeros((1, 2, 2))}, "filled": {KEY: True}, "seq_num": 1}
    exporter = _live_exporter(Path("/nowhere"))
    for call in (partial(exporter.start, {"uid": ""}), partial(exporter.event, frame)):
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is today
            told.append(f"{type(error).__name__}: {error}")
    return "; ".join(told) or "nothing"


def _sample(export: Export, source: Path, documents: Documents, ring: Ring, folder: Path) -> float:
    """CPU seconds; the files are looked at and removed afterwards."""
    folder.mkdir()
    start = time.process_time()
    export(source, documents, folder)
    seconds = time.process_time() - start
    count = 0
    for path in sorted(folder.iterdir()):
        count = _check(path, ring, count)
    assert count == _events(documents), f"{folder} holds {count} frames"
    shutil.rmtree(folder)
    return seconds


def _check(path: Path, ring: Ring, count: int) -> int:
    """Compare a file's pages with the frames behind the first ``count``; return how many there are up to its end."""
    with tifffile.TiffFile(path) as file:
        for frame in _frames(file):
            assert np.array_equal(frame, ring[count % len(ring)]), f"{path}: frame {count} is another"
            count += 1
    return count


def _frames(file: tifffile.TiffFile) -> Iterator[NDArray[Any]]:
    for series in file.series:
        pages = series.shape[0] if len(series.shape) == 3 else 1
        yield from (file.asarray(key=number, series=series).squeeze() for number in range(pages))


@contextmanager
def _contenders(exports: Mapping[str, Export]) -> Generator[Mapping[str, Sample]]:
    ring = noise(_RING, _SHAPE, np.uint16)
    with scratch(2 * _FILE_BYTES) as folder:
        source = folder / "run.h5"
        documents = recorded(source, ring, _FRAMES)
        given = source, documents, ring, folder / "out"
        yield {name: partial(_sample, export, *given) for name, export in exports.items()}


def _more(times: Times) -> float:
    return times["ours"] / times["baseline"]


def _detail(times: Times) -> str:
    ours, baseline = (1e3 * times[name] / _FRAMES for name in ("ours", "baseline"))
    return f"{ours:.2f} ms of CPU a frame against {baseline:.2f} ms"


def _detail_live(times: Times) -> str:
    return f"{_detail(times)}; as documented, bluesky's raises {_as_it_is()}"


def _against(name: str, baseline: str, other: Export, goal: Goal = _NO_MORE, detail: Detail = _detail) -> Row:
    ours, what = (_our_stack, "a stack") if name.endswith("stack") else (_our_files, "a file a frame")
    return Row(
        name=f"export-tiff-{name}",
        measures=f"CPU time of export_tiff, {what}, of {_FRAMES} frames of 1024x1024 uint16 out of HDF5",
        baseline=baseline,
        work=f"run of {_FRAMES} frames",
        unit="CPU seconds",
        goal=goal,
        rounds=5,
        contenders=partial(_contenders, {"ours": ours, "baseline": other}),
        ratio=_more,
        detail=detail,
    )


ROWS = (
    _against("stack", "h5py and tifffile in a loop, a page each", _bare),
    _against("suitcase-stack", "suitcase.tiff_stack, our handler", _suitcase_stack),
    _against("suitcase-series", "suitcase.tiff_series, our handler", _suitcase_series),
    _against("live", "LiveTiffExporter, tifffile.imwrite for its imsave, no doct", _live, detail=_detail_live),
)
