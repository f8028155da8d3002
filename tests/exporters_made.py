"""Runs that are to be exported: documents and files made by event-model, h5py and numpy alone."""

import event_model
import framestore_handlers
import h5py
import numpy as np


class Made:
    """A run whose images are known.

    ``images`` has those of (stream, key), (events, frames, *frame shape); each key has an HDF5 file of its own.
    """

    def __init__(
        self,
        folder,
        *,
        events=3,
        frames=2,
        shape=(6, 8),
        dtype="u2",
        streams=("primary",),
        keys=("det_image",),
        family="stream",
        ended=True,
        values=None,
        **start,
    ):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.images = {}
        self.documents = []
        self._family = family
        self._values = values or (lambda row: {"motor": row / 2})
        run = event_model.compose_run(metadata={"scan_id": 7, "sample": {"name": "Ag"}, **start})
        self.start = run.start_doc
        self._add("start", run.start_doc)
        for number, stream in enumerate(streams):
            rng = np.random.default_rng(number)
            for key in keys:
                shape_ = (events, frames, *shape)
                self.images[stream, key] = (rng.random(shape_) * 200).astype(dtype)
            self._stream(run, stream, keys, events)
        if ended:
            self._add("stop", run.compose_stop())

    @property
    def run(self):
        return framestore_handlers.load(self.documents)

    def frames(self, stream="primary", key="det_image"):
        """Its frames one by one."""
        images = self.images[stream, key]
        return images.reshape(-1, *images.shape[2:])

    def _add(self, name, document):
        self.documents.append((name, dict(document)))

    def _stream(self, run, stream, keys, events):
        values = self._values(0)
        kinds = {float: "number", int: "integer", str: "string"}
        data_keys = {
            key: {"source": "x", "dtype": kinds.get(type(value), "array"), "shape": list(np.shape(value))}
            for key, value in values.items()
        }
        for key in keys:
            images = self.images[stream, key]
            data_keys[key] = {
                "source": "x",
                "dtype": "array",
                "dtype_numpy": images.dtype.str,
                "shape": list(images.shape[1:]),
                "external": "STREAM:" if self._family == "stream" else "FILESTORE:",
            }
        descriptor = run.compose_descriptor(name=stream, data_keys=data_keys)
        self._add("descriptor", descriptor.descriptor_doc)
        resources = {key: self._resource(run, stream, key) for key in keys}
        for row in range(events):
            self._event(descriptor, resources, row)

    def _resource(self, run, stream, key):
        images = self.images[stream, key]
        path = self.folder / f"{stream}-{key}.h5"
        with h5py.File(path, "x") as file:
            flat = images.reshape(-1, *images.shape[2:])
            file.create_dataset("entry/data/data", data=flat, chunks=(1, *flat.shape[1:]) if len(flat) else None)
        if self._family == "stream":
            resource = run.compose_stream_resource(
                mimetype="application/x-hdf5",
                uri=f"file://localhost{path}",
                data_key=key,
                parameters={
                    "dataset": "/entry/data/data",
                    "chunk_shape": [1, *images.shape[1:]],
                    "swmr": False,
                    "join_method": "stack",
                },
            )
            self._add("stream_resource", resource.stream_resource_doc)
            return resource
        resource = run.compose_resource(
            spec="AD_HDF5",
            root="/",
            resource_path=str(path).lstrip("/"),
            resource_kwargs={"frame_per_point": images.shape[1]},
        )
        self._add("resource", resource.resource_doc)
        return resource

    def _event(self, descriptor, resources, row):
        data = self._values(row)
        filled = {}
        for key, resource in resources.items():
            if self._family == "stream":
                datum = resource.compose_stream_datum(
                    indices={"start": row, "stop": row + 1},
                    seq_nums={"start": row + 1, "stop": row + 2},
                    descriptor=descriptor.descriptor_doc,
                )
                self._add("stream_datum", datum)
            else:
                datum = resource.compose_datum(datum_kwargs={"point_number": row})
                self._add("datum", datum)
                data = data | {key: datum["datum_id"]}
                filled[key] = False
        event = descriptor.compose_event(
            data=data, timestamps=dict.fromkeys(data, 1.5), filled=filled, seq_num=row + 1, validate=False
        )
        self._add("event", event)
