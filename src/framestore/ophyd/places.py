"""Where the files of a camera go, as its path provider says."""

from pathlib import Path

from framestore_handlers.layout import Layout

from framestore.documents import Place
from framestore.paths import local_path

from .provider import Provider


class Places:
    """The places of a camera's files, one after another.

    Parameters
    ----------
    provider
        Says where files go.
    layout
        Of the format.
    data_key
        Name of the image's data key.
    """

    def __init__(self, provider: Provider, layout: Layout, data_key: str) -> None:
        self._provider = provider
        self._layout = layout
        self._data_key = data_key

    @property
    def known_folder(self) -> tuple[Path, int] | None:
        """The folder, and which may be made, where the path provider knows that before it names a file."""
        return self._provider.settled_folder()

    def next(self, frames_per_point: int, frame_shape: tuple[int, ...]) -> tuple[Place, Path]:
        """The next file, or series of files: its place for documents; its path here, or the template of its names.

        Raises
        ------
        ValueError
            When the name is refused.
        Exception
            As `Provider.next`.
        """
        info = self._provider.next()
        place = Place(
            info=info,
            layout=self._layout,
            data_key=self._data_key,
            frames_per_point=frames_per_point,
            frame_shape=frame_shape,
        )
        return place, local_path(info.directory_path) / self._layout.file_name(info.filename)
