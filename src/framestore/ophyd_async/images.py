"""The stream of a camera's images, as ophyd-async asks for it."""

from event_model import DataKey
from ophyd_async.core import DetectorDataLogic, SignalR, StreamableDataProvider

from framestore.detector.image import image_to_come, of_frames
from framestore.detector.panel import Panel
from framestore.detector.stagings import Stagings


class ImageStream(DetectorDataLogic):
    """Tells what the images are like.

    The file is made by the staging, whenever a stream needs one, and closed by it behind the threads that write it. The
    documents come by `Camera.collect_asset_docs`, since they depend on who asks for what before.

    Parameters
    ----------
    panel, stagings
        Of the camera.
    lossy
        Whether what is read back may differ from what the camera gave.
    frames_written
        Counts frames that others can read.
    """

    def __init__(self, panel: Panel, stagings: Stagings, *, lossy: bool, frames_written: SignalR[int]) -> None:
        self._provider = ImageProvider(panel, stagings, lossy=lossy, frames_written=frames_written)

    async def prepare_unbounded(self, datakey_name: str) -> StreamableDataProvider:
        """The images; they have the name of the camera."""
        del datakey_name
        return self._provider

    def data_key(self) -> dict[str, DataKey]:
        """Data key of the images, as they are staged."""
        return self._provider.data_key()


class ImageProvider(StreamableDataProvider):
    """Tells what the images are like, and how many there are; the parameters are those of `ImageStream`."""

    def __init__(self, panel: Panel, stagings: Stagings, *, lossy: bool, frames_written: SignalR[int]) -> None:
        self._panel = panel
        self._stagings = stagings
        self._lossy = lossy
        self.collections_written_signal = frames_written

    async def make_datakeys(self, collections_per_event: int) -> dict[str, DataKey]:
        """Data key of an event's frames."""
        del collections_per_event  # it is staged with as many
        return self.data_key()

    def data_key(self) -> dict[str, DataKey]:
        """Data key of an event's frames; its shape is empty before the camera was staged for the first time."""
        name, staging = self._panel.data_key, self._stagings.last
        data_key = image_to_come(name, external="STREAM:", lossy=self._lossy)
        if staging is not None:
            acquisition = staging.acquisition
            data_key |= of_frames(name, staging.frames_per_point, acquisition.shape, acquisition.dtype)
        return {name: DataKey(**data_key)}
