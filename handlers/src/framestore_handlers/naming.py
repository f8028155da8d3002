"""Errors of functions that read files, in words that name the file."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from .place import Place, UntrustedPathError


@contextmanager
def named_errors(place: Place, path: Path) -> Generator[None]:
    """Whatever goes wrong while a file is read is an OSError that names it; event-model's ``Filler`` tries those again.

    numpy, for one, raises a ValueError without a name for a file that is cut off.

    Parameters
    ----------
    place
        Where the file is, as documents say it.
    path
        The file: that of ``place``, or one below it.

    Raises
    ------
    MissingFileError
        When the file is gone.
    OSError
        When it cannot be read; whatever was raised is its cause.
    ImportError, MemoryError, UntrustedPathError
        As they were raised: they are not about the file, or say enough.
    """
    try:
        yield
    except (ImportError, MemoryError, UntrustedPathError):
        raise
    except FileNotFoundError as error:
        if path.exists():  # it is another one that is gone
            raise
        raise place.missing(path) from error
    except Exception as error:
        if isinstance(error, OSError) and path.name in str(error):
            raise
        msg = f"{path} cannot be read: {type(error).__name__}: {error}"
        raise OSError(msg) from error
