"""Opening a long run from its documents file: ours against parsing the same lines and doing nothing with them."""

import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import event_model
import framestore_handlers
import numpy as np

from .rows import Row, Sample, Times, at_most
from .scratch import scratch

_EVENTS = 10_000
_FRAME = (240, 320)
_FILE_BYTES = 2**24
"""More than the documents file takes."""
_TIME = 1_700_000_000.0
"""Start of the run, POSIX seconds."""


def _number(source: str) -> dict[str, Any]:
    return {"source": source, "dtype": "number", "dtype_numpy": "<f8", "shape": []}


def _documents(data_file: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a step scan with a motor and a camera, as bluesky emits them."""
    run = event_model.compose_run(
        metadata={
            "scan_id": 7,
            "plan_type": "generator",
            "plan_name": "scan",
            "detectors": ["camera"],
            "motors": ["motor"],
            "num_points": _EVENTS,
            "num_intervals": _EVENTS - 1,
            "hints": {"dimensions": [[["motor"], "primary"]]},
        },
        time=_TIME,
    )
    yield "start", run.start_doc
    image = {
        "source": "framestore:camera",
        "dtype": "array",
        "dtype_numpy": "|u1",
        "shape": [1, *_FRAME],
        "dims": ["camera_frame", "camera_y", "camera_x"],
        "external": "STREAM:",
    }
    keys = {
        "camera": {"camera_image": image, "camera_mean": _number("SIM:camera_mean")},
        "motor": {"motor": _number("SIM:motor"), "motor_setpoint": _number("SIM:motor_setpoint")},
    }
    stream = run.compose_descriptor(
        name="primary",
        data_keys={name: key for device in keys.values() for name, key in device.items()},
        object_keys={device: list(names) for device, names in keys.items()},
        configuration={device: {"data": {}, "timestamps": {}, "data_keys": {}} for device in keys},
        hints={"camera": {"fields": ["camera_mean"]}, "motor": {"fields": ["motor"]}},
        time=_TIME,
    )
    yield "descriptor", stream.descriptor_doc
    resource = run.compose_stream_resource(
        mimetype="application/x-hdf5",
        uri=f"file://localhost{data_file.as_posix()}",
        data_key="camera_image",
        parameters={"dataset": "/entry/data/data", "chunk_shape": [1, 1, *_FRAME], "swmr": True},
    )
    yield "stream_resource", resource.stream_resource_doc
    for index in range(_EVENTS):
        yield (
            "stream_datum",
            resource.compose_stream_datum(
                indices={"start": index, "stop": index + 1},
                seq_nums={"start": index + 1, "stop": index + 2},
                descriptor=stream.descriptor_doc,
                validate=False,
            ),
        )
        now = _TIME + 0.1 * index
        data = {"camera_mean": _mean(index), "motor": index / 7, "motor_setpoint": index / 7 + 1e-4}
        yield (
            "event",
            stream.compose_event(
                data=data,
                timestamps=dict.fromkeys(data, now),
                filled={"camera_image": False},
                seq_num=index + 1,
                time=now,
                validate=False,
            ),
        )
    yield "stop", run.compose_stop(time=_TIME + 0.1 * _EVENTS)


def _mean(index: int) -> float:
    return 100 + (index % 997) / 13


def _write(path: Path, data_file: Path) -> None:
    """Write the documents as bluesky's JSONLinesWriter does."""
    with path.open("x", encoding="utf-8") as file:
        for name, document in _documents(data_file):
            json.dump({"name": name, "doc": document}, file)
            file.write("\n")


def _ours(path: Path, data_file: Path) -> float:
    start = time.perf_counter()
    run = framestore_handlers.load(path)
    images = run["primary"]["camera_image"]
    seconds = time.perf_counter() - start
    assert not data_file.exists(), f"{data_file} was made"
    assert images.shape == (_EVENTS, 1, *_FRAME), f"camera_image has shape {images.shape}"
    assert images.dtype == np.uint8, f"camera_image has dtype {images.dtype}"
    means = run["primary"]["camera_mean"]
    assert means.tolist() == [_mean(index) for index in range(_EVENTS)], "camera_mean has other values"
    assert run.stop is not None, "the stop document is missing"
    return seconds


def _parsed(path: Path) -> float:
    start = time.perf_counter()
    with path.open(encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    seconds = time.perf_counter() - start
    assert len(items) == 2 * _EVENTS + 4, f"{len(items)} documents were parsed"
    return seconds


@contextmanager
def _contenders() -> Generator[Mapping[str, Sample]]:
    with scratch(_FILE_BYTES) as folder:
        path, data_file = folder / "run.jsonl", folder / "never_written.h5"
        _write(path, data_file)
        yield {"ours": partial(_ours, path, data_file), "baseline": partial(_parsed, path)}


def _ratio(times: Times) -> float:
    return times["ours"] / times["baseline"]


def _detail(times: Times) -> str:
    return f"{times['ours'] * 1e3:.0f} ms against {times['baseline'] * 1e3:.0f} ms"


ROWS = (
    Row(
        name="load-jsonl",
        measures="load() of 10,000 events, and the lazy image",
        baseline="json.loads of each line",
        work="load",
        goal=at_most(1.5),
        contenders=_contenders,
        ratio=_ratio,
        detail=_detail,
    ),
)
