"""One frame out of 100,000: what it costs beside opening the file with h5py and reading the frame by hand."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import dask.array as da
import event_model
import framestore_handlers
import h5py
import numpy as np
from framestore_handlers.hdf5.layout import LAYOUT

from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_EVENTS = 100_000
_FRAME = (64, 64)
_STEP = 7919
"""From one frame that is read to the next: they lie in all parts of the file."""
_BLOCK = 8192
"""Frames of a block of 64 MiB."""
_READS = 20
"""Frames of a sample."""
_SPARE = 2**20


def _frame(number: int) -> np.ndarray:
    return np.full(_FRAME, number % 65521, "u2")


def _write(path: Path) -> None:
    """A file as framestore's: a frame a chunk."""
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        image = file.create_dataset(LAYOUT.dataset, (_EVENTS, *_FRAME), "u2", chunks=(1, *_FRAME))
        for number in range(_EVENTS):
            image.id.write_direct_chunk((number, 0, 0), _frame(number))


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a fly scan: one stream_datum."""
    run = event_model.compose_run(time=0.0)
    yield "start", run.start_doc
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, *_FRAME], "external": "STREAM:"}
    stream = run.compose_descriptor(name="primary", data_keys={"image": image}, object_keys={"image": ["image"]})
    yield "descriptor", stream.descriptor_doc
    resource = run.compose_stream_resource(
        mimetype=LAYOUT.mimetype,
        uri=f"file://localhost{path.as_posix()}",
        data_key="image",
        parameters=LAYOUT.parameters("", 1, _FRAME),
    )
    yield "stream_resource", resource.stream_resource_doc
    indices, seq_nums = {"start": 0, "stop": _EVENTS}, {"start": 1, "stop": _EVENTS + 1}
    yield "stream_datum", resource.compose_stream_datum(indices, seq_nums, stream.descriptor_doc)


def _by_hand(path: Path, number: int) -> np.ndarray:
    with h5py.File(path, "r") as file:
        return file[LAYOUT.dataset][number]


def _by_dask(path: Path, number: int) -> np.ndarray:
    with h5py.File(path, "r") as file:
        return da.from_array(file[LAYOUT.dataset], chunks=(_BLOCK, *_FRAME), name=False)[number].compute()


def _timed(read: Callable[[int], Any], numbers: Iterator[int]) -> float:
    chosen = [next(numbers) * _STEP % _EVENTS for _ in range(_READS)]
    start = time.perf_counter()
    found = [read(number) for number in chosen]
    seconds = time.perf_counter() - start
    for number, frame in zip(chosen, found, strict=True):
        assert np.array_equal(np.squeeze(frame), _frame(number)), f"frame {number} is another"
    return seconds / _READS


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    with scratch(_EVENTS * 64 * 64 * 2 + _SPARE) as folder:
        path = folder / "frames.h5"
        _write(path)
        stream = framestore_handlers.load(list(_documents(path)))["primary"]
        array, numbers = stream["image"], count()
        yield {
            "read": partial(_timed, lambda number: stream.read("image", number, number + 1), numbers),
            "by hand": partial(_timed, partial(_by_hand, path), numbers),
            "compute": partial(_timed, lambda number: array[number].compute(), numbers),
            "by dask": partial(_timed, partial(_by_dask, path), numbers),
        }


def _row(name: str, contender: str, baseline: str, goal: float, words: tuple[str, str]) -> Row:
    def ratio(times: Times) -> float:
        return times[contender] / times[baseline]

    def detail(times: Times) -> str:
        return f"{times[contender] * 1e3:.2f} ms against {times[baseline] * 1e3:.2f} ms"

    return Row(
        name=name,
        measures=f"one frame out of 100,000: {words[0]}",
        baseline=words[1],
        work="frame",
        goal=at_most(goal),
        contenders=_contenders,
        ratio=ratio,
        detail=detail,
        rounds=15,
    )


ROWS = (
    _row("one-frame-read", "read", "by hand", 3, ("stream.read(key, i, i + 1)", "h5py.File(...)[dataset][i]")),
    _row("one-frame-lazy", "compute", "by dask", 1.5, ("stream[key][i].compute()", "dask over an h5py dataset")),
)
