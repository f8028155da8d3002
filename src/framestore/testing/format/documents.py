"""The documents of a run whose frames stand in one file, as a camera would emit them."""

from pathlib import Path
from typing import Any

import event_model
from framestore_handlers.layout import Layout

from .frames import Form

KEY = "camera_image"
"""The data key."""
Pairs = list[tuple[str, dict[str, Any]]]
"""(name, document) pairs."""


def stream_documents(layout: Layout, folder: Path, filename: str, form: Form, points: int, frames: int) -> Pairs:
    """With StreamResource and StreamDatum.

    Parameters
    ----------
    layout
        Of the format.
    folder, filename
        Where the file is, and what it is called without its suffix.
    form
        Of the frames.
    points
        Events.
    frames
        Frames in each.
    """
    run: Any = event_model.compose_run()
    descriptor = _descriptor(run, form, frames, "STREAM:")
    place = layout.resource_name(filename).removeprefix("./")
    parameters = layout.parameters(filename, frames, form.shape)
    uri = f"file://localhost{folder}/{place}"
    resource = run.compose_stream_resource(mimetype=layout.mimetype, uri=uri, data_key=KEY, parameters=parameters)
    datums: Pairs = []
    for k in range(points):
        indices = event_model.StreamRange(start=k, stop=k + 1)
        numbers = event_model.StreamRange(start=k + 1, stop=k + 2)
        datum: Any = resource.compose_stream_datum(indices, numbers, descriptor.descriptor_doc)
        datums += [("stream_datum", datum), _event(descriptor, k, {})]
    return [*_head(run, descriptor), ("stream_resource", resource.stream_resource_doc), *datums, _stop(run)]


def datum_documents(layout: Layout, folder: Path, filename: str, form: Form, points: int, frames: int) -> Pairs:
    """With Resource and Datum; otherwise as `stream_documents`."""
    run: Any = event_model.compose_run()
    descriptor = _descriptor(run, form, frames, "FILESTORE:")
    resource = run.compose_resource(
        spec=layout.spec,
        root=str(folder),
        resource_path=layout.resource_name(filename),
        resource_kwargs=layout.resource_kwargs(filename, frames),
    )
    datums: Pairs = []
    for k in range(points):
        datum: Any = resource.compose_datum(datum_kwargs={"point_number": k})
        datums += [("datum", datum), _event(descriptor, k, {KEY: datum["datum_id"]})]
    return [*_head(run, descriptor), ("resource", resource.resource_doc), *datums, _stop(run)]


def _descriptor(run: Any, form: Form, frames: int, external: str) -> Any:
    data_key = {
        "source": "conformance",
        "dtype": "array",
        "dtype_numpy": form.dtype.str,
        "shape": [frames, *form.shape],
        "external": external,
    }
    return run.compose_descriptor(name="primary", data_keys={KEY: data_key})


def _event(descriptor: Any, k: int, data: dict[str, Any]) -> tuple[str, Any]:
    timestamps = dict.fromkeys(data, float(k))
    filled = dict.fromkeys(data, False)
    event = descriptor.compose_event(data=data, timestamps=timestamps, filled=filled, seq_num=k + 1, validate=False)
    return "event", event


def _head(run: Any, descriptor: Any) -> Pairs:
    return [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc)]


def _stop(run: Any) -> tuple[str, Any]:
    return "stop", run.compose_stop()
