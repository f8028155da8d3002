"""One image now."""

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import Any, cast

import framestore_handlers
import numpy as np
from bluesky import plan_stubs as bps
from bluesky import preprocessors as bpp
from bluesky.utils import Msg
from framestore_handlers import Stream

from .arguments import READ, check_devices
from .image import Image, Snapshot
from .recorded import Recorded
from .running import in_a_thread
from .settings import settings_decorator


def snapshot(
    *cameras: Any,
    also: Sequence[Any] = (),
    exposure_time: float | None = None,
    root_map: Mapping[str | PathLike[str], str | PathLike[str]] | None = None,
    handlers: Mapping[str, Any] | None = None,
    md: Mapping[str, Any] | None = None,
) -> Generator[Msg, Any, Snapshot]:
    """Take an image, and give it back: a run of one event, which is read from its files when they are closed.

    Within another run, give it a run key: ``bpp.set_run_key_wrapper(snapshot(camera), "snapshot")``. The cameras must
    not be staged by that run.

    Parameters
    ----------
    cameras
        Detectors whose images `framestore_handlers.load` can read: those of framestore, and of others. They are
        triggered together.
    also
        What else is read for the event, such as motors.
    exposure_time
        Of the cameras, for this image, seconds; afterwards it is what it was. None: left as it is.
    root_map, handlers
        As `framestore_handlers.load` has them: where this machine sees the folders of other machines' detectors, and
        how to read formats that are not known here.
    md
        Metadata.

    Returns
    -------
    Snapshot
        Files, array and uid. Of a RunEngine with ``call_returns_result=True``, it is ``RE(...).plan_result``.

    Raises
    ------
    ValueError
        When no camera is given, or the event has no image; or, with ``exposure_time``, when a camera has no such
        setting, or has another exposure time afterwards.
    TypeError
        When something else is given for a camera, or for what is read beside it.
    FailedStatus
        When a camera fails; its own error is the cause.
    OSError
        When the image cannot be read; the run is complete then, and a note says which it is.
    """
    _check(cameras, also)
    devices = [*cameras, *also]
    documents = Recorded()
    start = {
        "plan_name": "snapshot",
        "detectors": [camera.name for camera in cameras],
        "plan_args": {"cameras": [repr(camera) for camera in cameras], "exposure_time": exposure_time},
        "num_points": 1,
        "hints": {},
        **(md or {}),
    }

    @bpp.subs_decorator(documents)
    @settings_decorator(cameras, exposure_time=exposure_time)
    @bpp.stage_decorator(devices)
    @bpp.run_decorator(md=start)
    def one_point() -> Generator[Msg, Any, Any]:
        yield from bps.checkpoint()
        yield from bps.trigger_and_read(devices)
        yield from bps.checkpoint()  # a pause from here on takes no other image

    yield from one_point()
    if documents.run is None:
        return Snapshot(uid="", images={}, data={})
    load = partial(framestore_handlers.load, documents, uid=documents.run, root_map=root_map, handlers=handlers)
    try:
        return (yield from in_a_thread(lambda: _read(load()["primary"], str(documents.run))))
    except Exception as error:
        error.add_note(f"The snapshot was taken, and its documents are complete: run {documents.run}")
        raise


def _check(cameras: Sequence[Any], also: Any) -> None:
    if not cameras:
        msg = "snapshot needs a camera: snapshot(camera)"
        raise ValueError(msg)
    if any(isinstance(camera, Sequence) for camera in cameras):
        msg = "snapshot takes its cameras one by one, not as a list: snapshot(side, top), or snapshot(*cameras)"
        raise TypeError(msg)
    if not isinstance(also, Sequence):
        msg = f"also must be a list, also of one device: also=[motor], not {also!r:.70}"
        raise TypeError(msg)
    check_devices("snapshot", [*cameras, *cast("Sequence[Any]", also)], READ)


def _read(stream: Stream, uid: str) -> Snapshot:
    external = [_image(stream, key) for key in stream if stream.is_external(key)]
    images = {image.data_key: image for image in external if image.frame_shape}
    if not images:
        msg = f"the snapshot has no image: none of the data keys is external, with frames: {', '.join(stream)}"
        raise ValueError(msg)
    data: dict[str, Any] = {key: _plain(stream[key][0]) for key in stream if not stream.is_external(key)}
    numbers = {image.data_key: image.array for image in external if not image.frame_shape}
    return Snapshot(uid=uid, images=images, data={**data, **numbers})


def _image(stream: Stream, key: str) -> Image:
    return Image(
        data_key=key,
        files=tuple(stream.files(key)),
        array=stream.read(key)[0],
        timestamps=stream.read_timestamps(key)[0],
    )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
