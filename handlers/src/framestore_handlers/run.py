"""A run, as its documents tell it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .blocks import BLOCK_BYTES
from .collector import RunParts
from .files import Files
from .stream import Repeats, Stream


class Run:
    """A run with its streams: ``run["primary"]["camera_image"]`` is a lazy array. Made by ``load``."""

    def __init__(
        self,
        parts: RunParts,
        *,
        files: Files | None = None,
        repeats: Repeats = "last",
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._parts = parts
        self._files = files or Files()
        self._streams = {
            name: Stream(name, stream, files=self._files, repeats=repeats, block_bytes=block_bytes)
            for name, stream in parts.streams.items()
        }

    @property
    def start(self) -> dict[str, Any]:
        """The start document."""
        return self._parts.start

    @property
    def stop(self) -> dict[str, Any] | None:
        """The stop document; None while the run goes on, or when it never ended."""
        return self._parts.stop

    @property
    def streams(self) -> list[str]:
        """Names of the streams, in order."""
        return list(self._streams)

    @property
    def parts(self) -> RunParts:
        """The documents, as they are sorted."""
        return self._parts

    @property
    def follows(self) -> Files:
        """How the documents are followed to files."""
        return self._files

    def files(self) -> list[Path]:
        """Files in which the frames of all streams are, by the documents and ``root_map``, each once; none is opened.

        But for the description of a Zarr store, whose files only that tells.
        """
        return list(dict.fromkeys(path for stream, key in self._external() for path in stream.files(key)))

    def missing_files(self) -> list[Path]:
        """Those of `files` that are not there.

        Raises
        ------
        UntrustedPathError
            When one is outside of what may be opened.
        """
        return list(dict.fromkeys(path for stream, key in self._external() for path in stream.missing_files(key)))

    def _external(self) -> Iterator[tuple[Stream, str]]:
        return ((stream, key) for stream in self._streams.values() for key in stream if stream.is_external(key))

    def __getitem__(self, name: str) -> Stream:
        """The stream of that name.

        Raises
        ------
        KeyError
            When there is none; it names those that there are.
        """
        try:
            return self._streams[name]
        except KeyError:
            msg = f"run {self.start['uid']} has no stream {name!r}; it has: {', '.join(self._streams) or 'none'}"
            raise KeyError(msg) from None

    def __iter__(self) -> Iterator[str]:
        """Names of the streams, in order."""
        return iter(self._streams)

    def __contains__(self, name: object) -> bool:
        """Whether there is a stream of that name."""
        return name in self._streams

    def __repr__(self) -> str:
        """One line a stream."""
        ended = "no stop document" if self.stop is None else self.stop.get("exit_status")
        head = f"<Run {self.start['uid']} scan_id={self.start.get('scan_id')} ({ended})>"
        return "\n".join([head, *(f"  {stream!r}" for stream in self._streams.values())])
