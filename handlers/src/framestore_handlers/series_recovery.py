"""What is left of a series of files whose writer was killed."""

import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .layout import SeriesLayout
from .recovery import Recovery
from .series import ReadFrame
from .templates import Template, parse

_HEX = "[0-9a-f]{32}"
_SAVING = re.compile(rf"\.saving-{_HEX}")
"""Folders that cameras save their files into, before these get their names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examination:
    """What is found, before anything is done about it."""

    read_frame: ReadFrame
    """How a file is read."""
    left: list[Path] = field(default_factory=list[Path])
    """Files and folders that hold no frame of the series: they can go."""
    sentences: list[str] = field(default_factory=list[str])
    """On those."""
    lost: list[str] = field(default_factory=list[str])
    """Sentences on frames that nobody can bring back."""

    def leave(self, path: Path, what: str) -> None:
        """Note something that can go."""
        self.left.append(path)
        self.sentences.append(f"{path} {what}")


def recover_series(path: Path, *, dry_run: bool, layout: SeriesLayout, read_frame: ReadFrame) -> Recovery:
    """Look at each frame of a series, and remove what its writer left beside them. No file with a frame is touched.

    Parameters
    ----------
    path
        One of its files, the template of their names, or a folder: then all series in it.
    dry_run
        Whether to change nothing.
    layout, read_frame
        Of the format.

    Raises
    ------
    FileNotFoundError
        When there is no such file or folder.
    BlockingIOError
        When a camera has the folder in use.
    OSError
        When something cannot be removed.
    ValueError
        When the name is not one of a file, or a template, of this format.
    """
    folder, series = _series(path, layout)
    refuse_folder_in_use(folder)
    examination = _Examination(read_frame=read_frame)
    _find_leftovers(folder, layout.suffix, examination)  # at once: a camera may begin here while frames are read
    frames = sum(_examine(folder, template, numbers, examination) for template, numbers in series.items())
    if not dry_run:
        _remove(examination.left)
    return Recovery(
        path=path,
        frames=frames,
        found=(*examination.lost, *examination.sentences),
        mended=bool(examination.left) and not examination.lost and not dry_run,
    )


def refuse_folder_in_use(folder: Path) -> None:
    """Return when no camera writes into a folder, or where that cannot be told: on network shares, and on Windows.

    Raises
    ------
    BlockingIOError
        When one does.
    """
    try:
        import fcntl  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = "is in use by a camera; unstage it, or end its process, then try again"
        raise BlockingIOError(error.errno, msg, os.fspath(folder)) from error
    except OSError:
        return  # a file system that has no locks
    finally:
        os.close(handle)


def _series(path: Path, layout: SeriesLayout) -> tuple[Path, Mapping[Template, Sequence[int]]]:
    """The folder, and the numbers of the files of each series in it that is meant."""
    one = re.compile(rf"(?P<filename>.*)_\d{{6,}}{re.escape(layout.suffix)}", re.DOTALL)
    series: dict[Template, list[int]] = {}
    if path.is_dir():
        for entry in path.iterdir():
            if match := one.fullmatch(entry.name):
                template = parse(layout.file_name(match["filename"]))
                series.setdefault(template, []).append(template.number(entry.name))
        return path, series
    if match := one.fullmatch(path.name):
        path.lstat()  # FileNotFoundError, with its name
    template = parse(layout.file_name(match["filename"]) if match else path.name)
    names = [entry.name for entry in path.parent.iterdir()]
    return path.parent, {template: [template.number(name) for name in names if template.matches(name)]}


def _examine(folder: Path, template: Template, numbers: Sequence[int], examination: _Examination) -> int:
    """Look at all files of a series; return how many hold a frame."""
    frames = 0
    for number in sorted(numbers):
        path = folder / template.name(number)
        if number == max(numbers) and path.lstat().st_size == 0:
            examination.leave(path, "is empty: its writer was killed when it had only claimed the name")
            continue
        try:
            examination.read_frame(path)
            frames += 1
        except OSError as error:
            examination.lost.append(str(error))
    examination.lost.extend(_gaps(folder, template, sorted(numbers)))
    return frames


def _gaps(folder: Path, template: Template, numbers: Sequence[int]) -> Iterable[str]:
    """A sentence for each gap in the numbers."""
    for before, after in zip((-1, *numbers), numbers, strict=False):
        if after - before > 1:
            names = sorted({template.name(before + 1), template.name(after - 1)})
            yield f"{folder}: {' to '.join(names)} {'is' if len(names) == 1 else 'are'} missing"


def _find_leftovers(folder: Path, suffix: str, examination: _Examination) -> None:
    scratch = re.compile(_HEX.join([r"\.", re.escape(suffix)]))
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if scratch.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                examination.leave(
                    Path(entry.path), "was left by a writer that was killed before it gave the file a name"
                )
            elif _SAVING.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                files = len(list(Path(entry.path).iterdir()))
                examination.leave(Path(entry.path), f"was left by a camera that was killed; files in it: {files}")


def _remove(left: Iterable[Path]) -> None:
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
