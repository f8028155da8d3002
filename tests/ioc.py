"""Files as IOCs of areaDetector write them, and documents of runs that point to them."""

import h5py
import numpy as np

SECONDS = 1_131_415_926
"""When the first frame was taken, as EPICS counts."""


def frames(count, shape=(4, 5), dtype="uint16"):
    """Frames of which no two pixels are alike."""
    return np.arange(1, 1 + count * np.prod(shape)).reshape(count, *shape).astype(dtype)


def write_plugin(path, data, dims=2, chunks=(), **settings):
    """What the HDF5 plugin writes by its own layout: (…, \\*frame), of so many dimensions a frame.

    https://areadetector.github.io/areaDetector/ADCore/NDFileHDF5.html#default-file-structure-layout
    """
    count = int(np.prod(data.shape[: data.ndim - dims]))
    if chunks == ():
        chunks = (*(1 for _ in data.shape[: data.ndim - dims]), *data.shape[data.ndim - dims :])
    with h5py.File(path, "w") as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        detector = entry.create_group("instrument/detector")
        image = detector.create_dataset("data", data=data, chunks=chunks, **settings)
        image.attrs["NDArrayNumDims"] = np.int32(dims)
        image.attrs["signal"] = np.int32(1)
        entry.create_group("data")["data"] = image
        attributes = entry.create_group("instrument/NDAttributes")
        attributes["NDArrayUniqueId"] = np.arange(1, count + 1, dtype="int32")
        attributes["NDArrayTimeStamp"] = SECONDS + np.arange(count) / 8
        attributes["NDArrayEpicsTSSec"] = (SECONDS + np.arange(count) // 8).astype("uint32")
        attributes["NDArrayEpicsTSnSec"] = (np.arange(count) % 8 * 125_000_000).astype("uint32")
    return path


def timestamps(count):
    """Of the first frames of `write_plugin`."""
    return SECONDS + np.arange(count) / 8


def write_eiger(prefix, seq_id, images, per_file, group="entry/data", **settings):
    """What an Eiger writes: a master file that links to files of so many images."""
    parts = [images[start : start + per_file] for start in range(0, len(images), per_file)]
    paths = [prefix.with_name(f"{prefix.name}_{seq_id}_master.h5")]
    with h5py.File(paths[0], "w") as master:
        # what area-detector-handlers will not do without
        for name in ("x_pixel_size", "y_pixel_size", "detector_distance", "frame_time", "count_time"):
            master[f"entry/instrument/detector/{name}"] = 0.5
        master["entry/instrument/detector/beam_center_x"] = master["entry/instrument/detector/beam_center_y"] = 2.0
        master["entry/instrument/beam/incident_wavelength"] = 1.0
        master["entry/instrument/detector/detectorSpecific/pixel_mask"] = np.zeros(images.shape[1:], "uint32")
        for number, part in enumerate(parts, 1):
            paths.append(prefix.with_name(f"{prefix.name}_{seq_id}_data_{number:06d}.h5"))
            with h5py.File(paths[-1], "w") as file:
                file.create_dataset("entry/data/data", data=part, chunks=(1, *images.shape[1:]), **settings)
            master[f"{group}/data_{number:06d}"] = h5py.ExternalLink(paths[-1].name, "entry/data/data")
    return paths


def run_of(spec, path, datums, *, shape, dtype, **kwargs):
    """Documents of a run whose events have a datum each."""
    image = {"source": "s", "dtype": "array", "shape": list(shape), "external": "FILESTORE:"}
    if dtype is not None:
        image["dtype_numpy"] = np.dtype(dtype).str
    resource = {"uid": "r", "spec": spec, "root": "/", "resource_path": str(path), "path_semantics": "posix"}
    descriptor = {
        "uid": "d",
        "run_start": "run",
        "name": "primary",
        "time": 0.0,
        "data_keys": {"image": image},
        "configuration": {},
        "object_keys": {},
        "hints": {},
    }
    yield "start", {"uid": "run", "time": 0.0}
    yield "descriptor", descriptor
    yield "resource", resource | {"run_start": "run", "resource_kwargs": kwargs}
    for k, datum_kwargs in enumerate(datums):
        yield "datum", {"datum_id": f"r/{k}", "resource": "r", "datum_kwargs": datum_kwargs}
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": k + 1, "time": float(k), "data": {"image": f"r/{k}"}}
        yield "event", event | {"timestamps": {"image": 0.0}, "filled": {"image": False}}
    yield "stop", {"uid": "end", "run_start": "run", "time": 9.0, "exit_status": "success"}
