"""Runs of frames that stand in HDF5 files, by h5py and hand alone."""

import h5py
import numpy as np


def written(path, dataset="/entry/data/data", frames=6, **settings):
    """A file of known frames by h5py."""
    rng = np.random.default_rng(len(settings))
    images = rng.integers(0, 99, (frames, 6, 10)).astype(settings.pop("dtype", "u2"))
    path.parent.mkdir(exist_ok=True, parents=True)
    with h5py.File(path, "w") as file:
        file.create_dataset(dataset, data=images, **settings)
    return images


def of_files(folder, counts, frames=1):
    """A run of frames that stand in files 0.h5, 1.h5, … in a folder, so many in each."""
    key = {"source": "s", "dtype": "array", "shape": [frames, 6, 10], "dtype_numpy": "<u2", "external": "STREAM:"}
    pairs = [
        ("start", {"uid": "run", "time": 0.0, "scan_id": 1}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"camera_image": key}}),
    ]
    seq_num = 1
    for number, count in enumerate(counts):
        uri = f"file://localhost{folder}/{number}.h5"
        parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, frames, 6, 10], "join_method": "stack"}
        resource = {"uid": f"r{number}", "data_key": "camera_image", "mimetype": "application/x-hdf5", "uri": uri}
        pairs.append(("stream_resource", resource | {"parameters": parameters}))
        ranges = {"indices": {"start": 0, "stop": count}, "seq_nums": {"start": seq_num, "stop": seq_num + count}}
        pairs.append(
            ("stream_datum", {"uid": f"r{number}/0", "stream_resource": f"r{number}", "descriptor": "d", **ranges})
        )
        seq_num += count
    return pairs
