"""The documents of a run whose frames a handler reads."""

from pathlib import Path
from typing import Any

import event_model

from .subject import WrittenFrames

KEY = "image"
"""The data key."""
SPEC = "CONFORMANCE"
"""Spec of the Resource document."""
MIMETYPE = "application/x-conformance"
"""Mimetype of the StreamResource document."""

Pairs = list[tuple[str, dict[str, Any]]]
"""(name, document) pairs."""


def datum_documents(files: WrittenFrames, *, bursts: bool) -> Pairs:
    """With Resource and Datum; ``root`` is the folder above that of the files."""
    run: Any = event_model.compose_run()
    descriptor = _descriptor(run, files, "FILESTORE:")
    resource = run.compose_resource(
        spec=SPEC,
        root=str(files.folder.parent),
        resource_path=_named(files.path, str(files.path.relative_to(files.folder.parent))),
        resource_kwargs=_kwargs(files, bursts=bursts),
    )
    events: Pairs = []
    for k in range(len(files.points)):
        datum = resource.compose_datum(datum_kwargs={"point_number": k})
        event = descriptor.compose_event(
            data={KEY: datum["datum_id"]}, timestamps={KEY: 0.0}, filled={KEY: False}, time=float(k)
        )
        events += [("datum", dict(datum)), ("event", dict(event))]
    head = [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc), ("resource", resource.resource_doc)]
    return [(name, dict(document)) for name, document in [*head, *events, ("stop", run.compose_stop())]]


def stream_documents(files: WrittenFrames, *, bursts: bool) -> Pairs:
    """With StreamResource and StreamDatum, whose ``parameters`` are what the handler is made with."""
    run: Any = event_model.compose_run()
    descriptor = _descriptor(run, files, "STREAM:")
    uri = _named(files.path, f"file://localhost{files.path}")
    parameters = _kwargs(files, bursts=bursts)
    resource = run.compose_stream_resource(mimetype=MIMETYPE, uri=uri, data_key=KEY, parameters=parameters)
    indices = event_model.StreamRange(start=0, stop=len(files.points))
    numbers = event_model.StreamRange(start=1, stop=len(files.points) + 1)
    datum = resource.compose_stream_datum(indices, numbers, descriptor.descriptor_doc)
    return [
        ("start", dict(run.start_doc)),
        ("descriptor", dict(descriptor.descriptor_doc)),
        ("stream_resource", dict(resource.stream_resource_doc)),
        ("stream_datum", dict(datum)),
        ("stop", dict(run.compose_stop())),
    ]


def _descriptor(run: Any, files: WrittenFrames, external: str) -> Any:
    data_key = {
        "source": "conformance",
        "dtype": "array",
        "dtype_numpy": files.frames.dtype.str,
        "shape": [files.frames_per_point, *files.frames.shape[1:]],
        "external": external,
    }
    return run.compose_descriptor(name="primary", data_keys={KEY: data_key})


def _kwargs(files: WrittenFrames, *, bursts: bool) -> dict[str, Any]:
    return files.kwargs | ({"frame_per_point": files.frames_per_point} if bursts else {})


def _named(path: Path, name: str) -> str:
    """A name, with a slash at its end where it is that of a folder."""
    return f"{name}/" if path.is_dir() else name
