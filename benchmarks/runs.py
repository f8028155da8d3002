"""Runs to be read back: documents as bluesky emits them, of frames in files that stand already."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import event_model
import h5py

from .bursts import DATASET
from .ring import Ring

KEY = "camera_image"
Documents = Sequence[tuple[str, Any]]


def write_hdf5(path: Path, ring: Ring, frames: int, **filters: Any) -> None:
    """A file of ``frames`` frames, the ring over and over, a chunk each; written by h5py alone."""
    shape = ring[0].shape
    with h5py.File(path, "x", libver=("v110", "v110")) as file:
        dataset = file.create_dataset(
            DATASET, (frames, *shape), ring[0].dtype, chunks=(1, *shape), maxshape=(None, *shape), **filters
        )
        for number in range(frames):
            dataset[number] = ring[number % len(ring)]


def hdf5_stream(path: Path, ring: Ring, frames: int) -> Documents:
    """A run whose StreamDatum document names all frames of a file, one an event."""
    return list(_stream(path, ring, frames))


def datums(spec: str, place: Path, ring: Ring, frames: int, kwargs: Mapping[str, Any]) -> Documents:
    """A run of Resource and Datum documents, one frame an event."""
    return list(_datums(spec, place, ring, frames, kwargs))


def _data_keys(ring: Ring, external: str) -> dict[str, Any]:
    key = {
        "source": "framestore:camera",
        "dtype": "array",
        "dtype_numpy": ring[0].dtype.str,
        "shape": [1, *ring[0].shape],
        "external": external,
    }
    return {KEY: key}


def _stream(path: Path, ring: Ring, frames: int) -> Iterator[tuple[str, Any]]:
    run = event_model.compose_run()
    yield "start", run.start_doc
    stream = run.compose_descriptor(name="primary", data_keys=_data_keys(ring, "STREAM:"))
    yield "descriptor", stream.descriptor_doc
    resource = run.compose_stream_resource(
        mimetype="application/x-hdf5",
        uri=f"file://localhost{path.as_posix()}",
        data_key=KEY,
        parameters={
            "dataset": DATASET,
            "chunk_shape": [1, 1, *ring[0].shape],
            "join_method": "stack",
            "swmr": True,
        },
    )
    yield "stream_resource", resource.stream_resource_doc
    yield (
        "stream_datum",
        resource.compose_stream_datum(
            indices={"start": 0, "stop": frames},
            seq_nums={"start": 1, "stop": frames + 1},
            descriptor=stream.descriptor_doc,
        ),
    )
    yield "stop", run.compose_stop()


def _datums(spec: str, place: Path, ring: Ring, frames: int, kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    run = event_model.compose_run()
    yield "start", run.start_doc
    stream = run.compose_descriptor(name="primary", data_keys=_data_keys(ring, "FILESTORE:"))
    yield "descriptor", stream.descriptor_doc
    resource = run.compose_resource(
        spec=spec, root="/", resource_path=place.as_posix().lstrip("/"), resource_kwargs=dict(kwargs)
    )
    yield "resource", resource.resource_doc
    for number in range(frames):
        datum = resource.compose_datum(datum_kwargs={"point_number": number})
        yield "datum", datum
        yield (
            "event",
            stream.compose_event(
                data={KEY: datum["datum_id"]}, timestamps={KEY: 0.0}, filled={KEY: False}, validate=False
            ),
        )
    yield "stop", run.compose_stop()
