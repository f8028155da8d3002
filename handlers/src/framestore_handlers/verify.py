"""``verify``: whether each frame that the documents of a run name is there, whole and readable."""

from .documents import Documents
from .load import load
from .run import Run
from .verification.count import Progress
from .verification.documents import document_findings
from .verification.fields import FieldFrames
from .verification.report import Report
from .verification.unfollowed import LenientFiles


def verify(run: "Run | Documents", *, deep: bool = False, progress: Progress | None = None) -> Report:
    """Check that each frame that the documents of a run name is there, whole and readable.

    Parameters
    ----------
    run
        What ``load`` gave, or what it takes; of moved data, of foreign formats and of data that nobody vouches for,
        what it gave with ``root_map``, ``handlers`` and ``allowed_roots``.
    deep
        False: sizes and indices are checked, no pixel is read. True: all pixels are read, too, a few MB at a time, and
        the checksums are compared that files have, see ``checksum`` of their formats.
    progress
        Called as ``progress(frames looked at, all frames)``, from time to time.

    Returns
    -------
    Report
        ``report.ok`` says whether all is in order, ``print(report)`` what is not. All findings are in it: the first
        bad file does not end it, and nothing is raised because of one.

    Raises
    ------
    ValueError, FileNotFoundError, ModuleNotFoundError
        When the documents cannot be loaded; see ``load``.

    Examples
    --------
    >>> import framestore_handlers
    >>> report = framestore_handlers.verify([
    ...     ("start", {"uid": "0d6a", "time": 0.0}),
    ...     ("stop", {"uid": "77", "run_start": "0d6a", "time": 1.0, "exit_status": "success"}),
    ... ])
    >>> report.ok
    True
    >>> print(report)
    run 0d6a: OK; sizes and indices were checked, no pixel was read
    """
    found = run if isinstance(run, Run) else load(run)
    parts = found.parts
    follows = LenientFiles(root_map=found.follows.root_map, roots=found.follows.roots, handlers=found.follows.handlers)
    fields = [
        FieldFrames.of(name, key, parts.streams[name], follows)
        for name, stream in ((name, found[name]) for name in found)
        for key in stream
        if stream.is_external(key)
    ]
    told = _Told(progress, sum(field.count for field in fields))
    checked = [field.check(deep=deep, tell=told.more) for field in fields]
    return Report(
        run=str(found.start["uid"]),
        deep=deep,
        fields=tuple(report for report, _ in checked),
        findings=(*document_findings(parts), *(finding for _, findings in checked for finding in findings)),
    )


class _Told:
    """Frames so far, of all."""

    def __init__(self, progress: Progress | None, frames: int) -> None:
        self._progress, self._all, self._done = progress, frames, 0

    def more(self, frames: int) -> None:
        """Tell of so many more."""
        self._done += frames
        if self._progress is not None:
            self._progress(self._done, self._all)
