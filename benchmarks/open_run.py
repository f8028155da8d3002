"""Opening a run of 100,000 frames from its documents, image included; its data file is not there."""

import time
import tracemalloc
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import event_model
import framestore_handlers
import h5py
import numpy as np

from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_FRAMES = 100_000
_FILLED = 1000
"""Events that the Filler fills: it takes a millisecond for each."""
_FRAME = (64, 96)
_DATASET = "/entry/data/data"
_TIME = 1_700_000_000.0
"""Start of the run, POSIX seconds."""
_NOWHERE = Path("/nowhere/never_written.h5")
_BYTES_A_FRAME = 100
_PARAMETERS = {"dataset": _DATASET, "chunk_shape": [1, 1, *_FRAME], "swmr": True}
Pairs = list[tuple[str, Any]]


def _image(external: str) -> dict[str, Any]:
    return {"source": "framestore:camera", "dtype": "array", "dtype_numpy": "|u1", "shape": [1, *_FRAME]} | {
        "dims": ["camera_frame", "camera_y", "camera_x"],
        "external": external,
    }


def _number(name: str) -> dict[str, Any]:
    return {"source": f"SIM:{name}", "dtype": "number", "dtype_numpy": "<f8", "shape": []}


def _streamed(each: int) -> Iterator[tuple[str, Any]]:
    """The documents of a fly scan, with a StreamDatum for so many frames ``each``."""
    run = event_model.compose_run(time=_TIME)
    yield "start", run.start_doc
    stream = run.compose_descriptor(name="primary", data_keys={"image": _image("STREAM:")}, time=_TIME)
    yield "descriptor", stream.descriptor_doc
    uri = f"file://localhost{_NOWHERE.as_posix()}"
    resource = run.compose_stream_resource(
        mimetype="application/x-hdf5", uri=uri, data_key="image", parameters=_PARAMETERS
    )
    yield "stream_resource", resource.stream_resource_doc
    for start in range(0, _FRAMES, each):
        stop = start + each
        yield (
            "stream_datum",
            resource.compose_stream_datum(
                indices={"start": start, "stop": stop},
                seq_nums={"start": start + 1, "stop": stop + 1},
                descriptor=stream.descriptor_doc,
                validate=False,
            ),
        )
    yield "stop", run.compose_stop(time=_TIME)


def _stepped(events: int, file: Path) -> tuple[Pairs, Pairs, Pairs]:
    """The documents of a step scan: those before the events, Datum and Event for each, and those behind them."""
    run = event_model.compose_run(time=_TIME)
    keys = {"image": _image("FILESTORE:")} | {name: _number(name) for name in ("mean", "motor", "motor_setpoint")}
    stream = run.compose_descriptor(name="primary", data_keys=keys, time=_TIME)
    resource = run.compose_resource(
        spec="AD_HDF5", root=str(file.parent), resource_path=file.name, resource_kwargs={"frame_per_point": 1}
    )
    head = [("start", run.start_doc), ("descriptor", stream.descriptor_doc), ("resource", resource.resource_doc)]
    points: Pairs = []
    for number in range(events):
        datum = resource.compose_datum(datum_kwargs={"point_number": number}, validate=False)
        data = {"image": datum["datum_id"], "mean": number / 13, "motor": number / 7, "motor_setpoint": number / 7}
        event = stream.compose_event(
            data=data,
            timestamps=dict.fromkeys(data, _TIME),
            filled={"image": False},
            seq_num=number + 1,
            time=_TIME + number,
            validate=False,
        )
        points += [("datum", datum), ("event", event)]
    return head, points, [("stop", run.compose_stop(time=_TIME))]


def _paged(points: Pairs) -> Pairs:
    """Pages of all Datum and all Event documents."""
    datums, events = ([document for name, document in points if name == kind] for kind in ("datum", "event"))
    return [
        ("datum_page", event_model.pack_datum_page(*datums)),
        ("event_page", event_model.pack_event_page(*events)),
    ]


def _opened(pairs: Pairs) -> float:
    start = time.perf_counter()
    run = framestore_handlers.load(pairs)
    images = run["primary"]["image"]
    seconds = time.perf_counter() - start
    assert images.shape == (_FRAMES, 1, *_FRAME), f"image has shape {images.shape}"
    assert images.dtype == np.uint8, f"image has dtype {images.dtype}"
    assert run.stop is not None, "the stop document is missing"
    return seconds


def _routed(pairs: Pairs) -> float:
    router = event_model.DocumentRouter()
    start = time.perf_counter()
    for name, document in pairs:
        router(name, document)
    return time.perf_counter() - start


def _filled(pairs: Pairs) -> float:
    """Seconds that 100,000 would take: as many times those of the events that are filled."""
    start = time.perf_counter()
    with event_model.Filler(framestore_handlers.handler_registry, inplace=False) as filler:
        last = [filler(name, document) for name, document in pairs][-2]
    seconds = time.perf_counter() - start
    assert last[1]["data"]["image"].shape == (1, *_FRAME), "the last event was not filled"
    return seconds * _FRAMES / _FILLED


@contextmanager
def _against_filler(each: int) -> Generator[Mapping[str, Sample]]:
    with scratch(_FILLED * _FRAME[0] * _FRAME[1]) as folder:
        path = folder / "frames.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset(_DATASET, (_FILLED, *_FRAME), "u1", chunks=(1, *_FRAME), fillvalue=7)
        bulk, few = list(_streamed(each)), list(chain(*_stepped(_FILLED, path)))
        yield {"ours": partial(_opened, bulk), "baseline": partial(_filled, few)}


@contextmanager
def _against_router(*, paged: bool) -> Generator[Mapping[str, Sample]]:
    head, points, tail = _stepped(_FRAMES, _NOWHERE)
    pairs = [*head, *(_paged(points) if paged else points), *tail]
    yield {"ours": partial(_opened, pairs), "baseline": partial(_routed, pairs)}


def _memory(each: int) -> float:
    """The most that is allocated while the run is opened, its documents included unless they are dropped."""
    tracemalloc.start()
    try:
        run = framestore_handlers.load(_streamed(each))
        images = run["primary"]["image"]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(images) == _FRAMES, f"image has {len(images)} events"
    return most


@contextmanager
def _memories(each: int) -> Generator[Mapping[str, Sample]]:
    yield {"ours": partial(_memory, each), "baseline": partial(float, _FRAMES * _BYTES_A_FRAME)}


def _ratio(samples: Times) -> float:
    return samples["ours"] / samples["baseline"]


def _detail(times: Times) -> str:
    return f"{times['ours'] * 1e3:.1f} ms against {times['baseline'] * 1e3:.0f} ms"


def _bytes(sizes: Times) -> str:
    return f"{sizes['ours'] / _FRAMES:.0f} bytes a frame"


ROWS = (
    *(
        Row(
            name=f"open-bulk-{_FRAMES // each}",
            measures=f"load() of 100,000 frames in {_FRAMES // each} stream_datum, and the lazy image",
            baseline=f"event-model's Filler and our handler, over {_FILLED} events, times {_FRAMES // _FILLED}",
            work="run",
            goal=at_most(0.01),
            rounds=3,
            contenders=partial(_against_filler, each),
            ratio=_ratio,
            detail=_detail,
        )
        for each in (_FRAMES, 100)
    ),
    *(
        Row(
            name=f"open-datum{'-pages' if paged else ''}",
            measures=f"load() of 100,000 datum and event{' in pages' if paged else ''}, and the lazy image",
            baseline="a bare event_model.DocumentRouter over the same documents",
            work="run",
            goal=at_most(1.5),
            rounds=5,
            contenders=partial(_against_router, paged=paged),
            ratio=_ratio,
            detail=_detail,
        )
        for paged in (False, True)
    ),
    Row(
        name="open-memory",
        measures="most memory while 100,000 frames in 1000 stream_datum are opened, with the lazy image",
        baseline=f"{_BYTES_A_FRAME} bytes a frame",
        work="run",
        unit="bytes",
        goal=at_most(1),
        rounds=1,
        contenders=partial(_memories, 100),
        ratio=_ratio,
        detail=_bytes,
    ),
)
