"""Documents of runs whose files others wrote, as their devices emit them."""

import numpy as np


def run_of(spec, folder, kwargs, datums, data_key):
    """A run of one event a datum; ``datums`` are the keyword arguments of each, ``data_key`` is (shape, dtype)."""
    shape, dtype = data_key
    image = {"source": "s", "dtype": "array", "shape": list(shape), "external": "FILESTORE:"}
    if dtype is not None:
        image["dtype_numpy"] = np.dtype(dtype).str
    resource = {"uid": "r", "spec": spec, "root": "/", "resource_path": str(folder)[1:], "path_semantics": "posix"}
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
        ("resource", resource | {"resource_kwargs": kwargs}),
    ]
    for k, datum_kwargs in enumerate(datums):
        pairs.append(("datum", {"datum_id": f"r/{k}", "resource": "r", "datum_kwargs": datum_kwargs}))
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": k + 1, "time": 0.0, "data": {"image": f"r/{k}"}}
        pairs.append(("event", event | {"timestamps": {"image": 0.0}, "filled": {"image": False}}))
    return pairs


def points(count):
    """Keyword arguments of datums that have a number."""
    return [{"point_number": k} for k in range(count)]
