"""A run out of an exported HDF5 file, by h5py and json alone."""

import json

import h5py
import numpy as np


def documents_of(path):
    """Start, descriptors and stop of a file; the last is None where it has none."""
    with h5py.File(path) as file:
        found = file["documents"]
        return [json.loads(found[name][()]) if name in found else None for name in ("start", "descriptors", "stop")]


def events_of(path, stream):
    """The events of a stream, as bluesky emitted them, without what frames are in files of their own."""
    with h5py.File(path) as file:
        group = file[stream]
        numbers, times = group["seq_num"][:].tolist(), group["time"][:].tolist()
        events = [json.loads(text) for text in group["events"][:]]
        for event, number, time in zip(events, numbers, times, strict=True):
            event |= {"seq_num": number, "time": time}
        for dataset in group["data"].values():
            _add(events, numbers, file, group, dataset)
        return events


def _add(events, numbers, file, group, dataset):
    key, rows = dataset.attrs["name"], file[dataset.attrs["seq_num"]][:].tolist()
    own = dataset.name.rpartition("/")[2]
    times = group["timestamps"][own][:] if own in group["timestamps"] else None
    is_data = "external" not in _data_key(file, group, key)
    for row, seq_num in enumerate(rows):
        if not is_data or seq_num not in numbers:
            continue
        event = events[numbers.index(seq_num)]
        event["data"][key] = _plain(dataset, row)
        if times is not None:
            event["timestamps"][key] = float(times[row])


def _data_key(file, group, key):
    descriptors = json.loads(file["documents/descriptors"][()])
    name = group.attrs["name"]
    return next(found["data_keys"][key] for found in descriptors if found["name"] == name and key in found["data_keys"])


def _plain(dataset, row):
    value = dataset[row]
    if dataset.attrs.get("encoding") == "json":
        return json.loads(value)
    return value.decode() if isinstance(value, bytes) else np.asarray(value).tolist()
