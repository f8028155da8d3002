"""Memory of an export of many frames, where a process may have few files open: it does not grow with them.

A process of its own exports (``python -m benchmarks.export_memory FOLDER HOW``), after a small export that is not
counted. suitcase-tiff's series keeps each file open until the run ends: in the same process it comes to its limit.
"""

import errno
import resource
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import suitcase.tiff_series
import tifffile

from framestore.exporters import export_tiff

from .export_tiff import filled
from .ring import Ring, noise
from .rows import Row, Sample, Times, at_most
from .runs import Documents, datums, write_hdf5
from .scratch import scratch

_MIB = 2**20
_FRAMES = 5000
_SHAPE = (512, 512)
_RING = 5
_HELD = 500
"""Frames in the HDF5 file; the run's events have them over and over."""
_WARM = 16
"""Frames of the export before."""
_FRAME_BYTES = _SHAPE[0] * _SHAPE[1] * 2
_FILES = 256
"""Files that the process may have open."""
_LIMIT = 150 * _MIB
_TEMPLATE = "{seq_num:05d}.tiff"


def _run(folder: Path, ring: Ring, frames: int) -> Documents:
    """A run of many events, of few frames."""
    documents = datums("AD_HDF5", folder / "run.h5", ring, frames, {"frame_per_point": 1})
    for name, document in documents:
        if name == "datum":
            document["datum_kwargs"]["point_number"] %= _HELD
    return documents


def _memory(field: str) -> int:
    """``VmRSS``, or ``VmHWM``: the most that it ever was; bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _grown(folder: Path, how: str) -> int:
    """Export; return the most memory in its course, above that after a small export, bytes."""
    ring = noise(_RING, _SHAPE, np.uint16)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    template = "{field}.tiff" if how == "stack" else _TEMPLATE
    warm, run = _run(folder, ring, _WARM), _run(folder, ring, _FRAMES)
    export_tiff(warm, folder / "warm", template, stack=how == "stack", progress=False)
    idle = _memory("VmRSS")
    result = export_tiff(run, folder / "out", template, stack=how == "stack", progress=False)
    most = _memory("VmHWM")
    _check(result.files, ring)
    return most - idle


def _check(files: tuple[Path, ...], ring: Ring) -> None:
    count = 0
    for path in files:
        with tifffile.TiffFile(path) as file:
            for page in file.pages:
                assert count % 37 or np.array_equal(page.asarray(), ring[count % _HELD % len(ring)]), f"frame {count}"
                count += 1
    assert count == _FRAMES, f"there are {count} frames"


def _series(folder: Path, how: str) -> int:
    """Have suitcase-tiff do it; return how many files there are when it has failed."""
    del how
    found = 0
    ring = noise(_RING, _SHAPE, np.uint16)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    try:
        suitcase.tiff_series.export(filled(_run(folder, ring, _FRAMES)), folder / "out")
    except OSError as error:
        found = error.errno
    assert found == errno.EMFILE, f"suitcase.tiff_series did not come to the limit of open files: {found}"
    return sum(1 for _ in (folder / "out").iterdir())


_WAYS = {"files": _grown, "stack": _grown, "suitcase": _series}


def _elsewhere(how: str) -> float:
    """What a process of its own finds."""
    with scratch((_FRAMES + _HELD) * _FRAME_BYTES) as folder:
        write_hdf5(folder / "run.h5", noise(_RING, _SHAPE, np.uint16), _HELD)
        command = [sys.executable, "-m", __name__, str(folder), how]
        return float(subprocess.run(command, stdout=subprocess.PIPE, timeout=600, check=True).stdout.split()[-1])


@contextmanager
def _contenders(how: str) -> Generator[Mapping[str, Sample]]:
    suitcase_too = {"suitcase": partial(_elsewhere, "suitcase")} if how == "files" else {}
    yield {"ours": partial(_elsewhere, how), "baseline": partial(float, _LIMIT)} | suitcase_too


def _ratio(sizes: Times) -> float:
    return sizes["ours"] / sizes["baseline"]


def _detail(sizes: Times) -> str:
    told = f"{sizes['ours'] / _MIB:.0f} MiB above a small export"
    if "suitcase" in sizes:
        told += f"; suitcase.tiff_series ends with 'Too many open files' after {sizes['suitcase']:.0f} files"
    return told


ROWS = tuple(
    Row(
        name=f"export-memory-{how}",
        measures=f"memory of export_tiff, {what}, of {_FRAMES} frames of 512x512 uint16, at most {_FILES} files open",
        baseline=f"{_LIMIT // _MIB} MiB",
        work=f"run of {_FRAMES} frames",
        unit="bytes",
        goal=at_most(1),
        rounds=1,
        contenders=partial(_contenders, how),
        ratio=_ratio,
        detail=_detail,
    )
    for how, what in (("stack", "a stack"), ("files", "a file a frame"))
)

if __name__ == "__main__":
    print(_WAYS[sys.argv[2]](Path(sys.argv[1]), sys.argv[2]))
