"""Where the files of a camera go, as its path provider says."""

from pathlib import Path

from framestore_handlers.layout import Layout

from framestore.documents import Place

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

    def next(self, frames_per_point: int, frame_shape: tuple[int, ...]) -> Place:
        """The next file, or series of files.

        Raises
        ------
        ValueError
            When the name is refused.
        Exception
            As `Provider.next`.
        """
        return Place(
            info=self._provider.next(),
            layout=self._layout,
            data_key=self._data_key,
            frames_per_point=frames_per_point,
            frame_shape=frame_shape,
        )
