"""What there is to tell of a run, as plain values."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from framestore_handlers.run import Run
from framestore_handlers.several import Head
from framestore_handlers.stream import Stream

from .failing import message


def run(run: Run) -> dict[str, Any]:
    """All of a run; files of frames are looked for, and none is read."""
    streams = [_stream(run[name]) for name in run]
    return {**head(run.start, run.stop), "reason": (run.stop or {}).get("reason") or None, "streams": streams}


def head(start: dict[str, Any], stop: dict[str, Any] | None) -> dict[str, Any]:
    """What stands in the start and the stop document of a run."""
    return {
        "uid": start["uid"],
        "scan_id": start.get("scan_id"),
        "plan_name": start.get("plan_name"),
        "start_time": _number(start.get("time")),
        "stop_time": _number((stop or {}).get("time")),
        "exit_status": None if stop is None else stop.get("exit_status"),
    }


def _stream(stream: Stream) -> dict[str, Any]:
    times: dict[str, Any] = {"first_time": None, "last_time": None}
    try:
        found = stream.times(stream.last_or_all(stream.spans(next(iter(stream)))))
        if np.isfinite(found).any():
            times = {"first_time": float(np.nanmin(found)), "last_time": float(np.nanmax(found))}
        events = len(stream)
    except Exception as error:  # noqa: BLE001 - as below
        return {"name": stream.name, "events": None, **times, "problem": message(error), "fields": []}
    return {"name": stream.name, "events": events, **times, "fields": [_field(stream, key) for key in stream]}


def _field(stream: Stream, key: str) -> dict[str, Any]:
    """One data key; ``problem`` where its documents or files do not allow to tell."""
    told: dict[str, Any] = {"name": key, "external": stream.is_external(key)}
    try:
        told |= _array(stream[key])
        if told["external"]:
            told |= {"chunks": list(stream[key].chunksize), **_files(stream, key)}
    except Exception as error:  # noqa: BLE001 - documents may say anything, and the other fields can be told
        told["problem"] = message(error)
    return told


def _array(array: Any) -> dict[str, Any]:
    shape = [int(length) for length in array.shape]
    return {"shape": shape, "dtype": str(array.dtype), "bytes": math.prod(shape) * array.dtype.itemsize}


def _files(stream: Stream, key: str) -> dict[str, Any]:
    frames = stream.frames(key).shape[:2]
    files = stream.files(key)
    return {
        "frames": math.prod(frames),
        "files": len(files),
        "folders": _each(file.parent for file in files),
        "missing_files": [str(path) for path in stream.missing_files(key)],
    }


def _each(folders: Iterable[Path]) -> list[str]:
    return list(dict.fromkeys(map(str, folders)))


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def heads(runs: Iterable[Head]) -> list[dict[str, Any]]:
    """The same of several runs, the oldest first."""
    return sorted((head(start, stop) for start, stop in runs), key=lambda each: each["start_time"] or 0.0)
