"""How every export goes: names are checked, files are made under other names, and get their own when they are whole."""

import errno
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from framestore_handlers import Run

from framestore.paths.synced import sync

from . import journal
from .folder import Folder, check_folders, check_free
from .progress import bar
from .result import ExportResult
from .sources import check_keeps_frames
from .task import Task, Tell
from .workers import Serial, Workers

Tasks = Callable[[set[Path]], Iterable[Task]]
"""The pieces of an export, without the files that are done; what they have together are all others."""
_SEEN_BY_ALL = "export into a folder that all workers see by the same name"


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """An export that is about to be made."""

    source: Run
    """The run whose frames it reads."""
    directory: Path
    """Where it goes."""
    files: Sequence[Path]
    """All files, by their final names, in the order of the frames."""
    frames: int
    """Frames in all of them."""
    tasks: Tasks
    """How they are made."""
    digest: str
    """Tells it from others."""
    overwrite: bool = False
    """Whether files that are there are replaced."""

    def list(self) -> ExportResult:
        """Check the names, and write nothing; it raises what `run` does before the first byte."""
        self._check_keeps_frames()
        done = journal.done(self.directory, self.digest, self.files)
        check_folders({self.directory, *(path.parent for path in self.files)})
        check_free((path for path in self.files if path not in done), overwrite=self.overwrite)
        return ExportResult(files=tuple(self.files), kept=len(done), dry_run=True)

    def run(self, workers: Workers | None = None, *, progress: bool = True) -> ExportResult:
        """Make what is missing.

        Parameters
        ----------
        workers
            Who makes it; None: this process.
        progress
            Whether a bar on stderr tells how far it is, where that is a terminal.

        Raises
        ------
        FileExistsError
            When a file is there that may not be replaced; nothing was changed then.
        BlockingIOError
            When another process is at the same export.
        OSError, ValueError
            When a frame cannot be read, or a file not be written. The same call again completes what is missing.
        """
        if not self.files:
            return ExportResult(files=())
        self._check_keeps_frames()
        workers = workers or Serial()
        folder = Folder(self.directory, self.files, self.digest, overwrite=self.overwrite)
        written = 0
        try:
            with bar(self.frames, progress=progress) as tell:
                for files in self._made(folder, workers, tell):
                    folder.place(files)
                    written += len(files)
        except BaseException:
            try:
                workers.close()  # what they still write is removed, too
            finally:
                folder.close(finished=False)
            raise
        folder.close(finished=True)
        return ExportResult(files=tuple(self.files), written=written, kept=len(folder.done))

    def _check_keeps_frames(self) -> None:
        if self.overwrite:  # else no file is replaced
            check_keeps_frames(self.source, self.files)

    def _made(self, folder: Folder, workers: Workers, tell: Tell) -> Iterator[Sequence[tuple[Path, Path]]]:
        """(As it is called now, final name) of the files of each task, when they are made."""
        numbers = {path: number for number, path in enumerate(self.files)}
        here = isinstance(workers, Serial)
        under_way: deque[_Order] = deque()

        def orders() -> Iterator[_Order]:
            for task in self.tasks(folder.done):
                under_way.append(_Order(task, tuple(folder.scratch(path, numbers[path]) for path in task.files)))
                yield under_way[-1]

        for _ in workers.map(partial(_make, tell=tell if here else _nothing), orders()):
            order = under_way.popleft()
            if not here:
                _check_seen(order.scratch)
                tell(order.task.frames)
            yield list(zip(order.scratch, order.task.files, strict=True))


@dataclass(frozen=True, slots=True)
class _Order:
    """A task, and what its files are called until they are whole."""

    task: Task
    scratch: tuple[Path, ...]


def _make(order: _Order, *, tell: Tell) -> None:
    """Have the files of a task made, and on the disk."""
    for path in order.scratch:
        if not path.parent.is_dir():
            msg = f"{socket.gethostname()}, where files are made, has no folder {path.parent}; {_SEEN_BY_ALL}"
            raise FileNotFoundError(errno.ENOENT, msg, str(path.parent))
        path.unlink(missing_ok=True)  # of a worker that was lost in the middle of it
    order.task.make(order.scratch, tell)
    for path in order.scratch:
        sync(path)


def _check_seen(scratch: Sequence[Path]) -> None:
    """Refuse files that somebody else has made, and that are not here."""
    for path in scratch:
        if not path.exists():
            msg = f"{path} was made by a worker, and is not here: it has another folder of that name; {_SEEN_BY_ALL}"
            raise FileNotFoundError(errno.ENOENT, msg, str(path))


def _nothing(frames: int) -> None:
    """Take no notice of frames."""
