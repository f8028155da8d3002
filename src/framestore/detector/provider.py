"""The path provider of a camera, which others wrote."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar, cast

from framestore.paths import PathInfo, PathProvider, SettledFolder, local_path

T = TypeVar("T")


def as_path_provider(value: Any) -> PathProvider:
    """The path provider itself; TypeError when it is none."""
    if callable(value) and not isinstance(value, type):
        return cast("PathProvider", value)
    example = 'StaticPathProvider(UUIDFilenameProvider(), "/data/camera")'
    msg = f"path_provider must be a path provider from framestore.paths, such as {example}, not {value!r}"
    raise TypeError(msg)


class Provider:
    """Asks a path provider, on a thread of its own: it may look at a disk that does not answer.

    Parameters
    ----------
    path_provider
        Says where files go.
    data_key
        Name of the image's data key.
    camera
        Name of the camera, for messages and threads.
    timeout
        Seconds that it may take.
    """

    def __init__(self, path_provider: PathProvider, data_key: str, *, camera: str, timeout: float) -> None:
        self._provider = path_provider
        self._data_key = data_key
        self._camera = camera
        self._timeout = timeout
        self._thread: threading.Thread | None = None

    def settled_folder(self) -> tuple[Path, int] | None:
        """The folder, and which may be made, where it knows that before it names a file; errors as `next`."""
        return self._ask(self._settled_folder)

    def next(self) -> PathInfo:
        """Folder and name of the next file.

        Raises
        ------
        ValueError
            When they are refused.
        TypeError
            When it returned something else.
        TimeoutError
            When it does not return.
        Exception
            Whatever it raised.
        """
        return self._ask(self._next)

    def _settled_folder(self) -> tuple[Path, int] | None:
        provider = self._provider
        if not isinstance(provider, SettledFolder):
            return None
        info = PathInfo(provider.directory_path, "name", provider.create_dir_depth)
        return local_path(info.directory_path), info.create_dir_depth

    def _next(self) -> PathInfo:
        try:
            given: Any = self._provider(self._data_key)
        except StopIteration as error:  # bluesky would lose it, in a coroutine
            msg = f"{self._camera}: the path provider {self._provider!r} has no more names: it raised StopIteration"
            raise RuntimeError(msg) from error
        fields = ("directory_path", "filename", "create_dir_depth", "directory_uri")
        if not all(hasattr(given, field) for field in fields):
            msg = f"{self._camera}: the path provider {self._provider!r} must return a PathInfo, not {given!r}"
            raise TypeError(msg)
        return PathInfo(**{field: getattr(given, field) for field in fields})

    def _ask(self, question: Callable[[], T]) -> T:
        answer: Future[T] = Future()
        if self._thread is not None and self._thread.is_alive():
            raise self._stuck()
        name = f"{self._camera} path provider"
        self._thread = threading.Thread(target=_answer, args=(question, answer), name=name, daemon=True)
        self._thread.start()
        self._thread.join(self._timeout)
        if not answer.done():
            raise self._stuck()
        error = answer.exception()
        if error is not None:
            note = f"raised by the path provider of camera {self._camera!r}"
            if note not in getattr(error, "__notes__", ()):  # the same error may be raised again and again
                error.add_note(note)
            raise error
        return answer.result()

    def _stuck(self) -> TimeoutError:
        return TimeoutError(
            f"{self._camera}: the path provider {self._provider!r} has not returned within {self._timeout:g} s; is "
            "a disk or share that it looks at stuck?"
        )


def _answer(question: Callable[[], T], answer: "Future[T]") -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 - raised where somebody waits
        answer.set_exception(error)
