"""Closing an HDF5 file, also one whose disk does not take what is left to write."""

import contextlib

import h5py

_TIMES = 3
"""How often HDF5 is told to let go of a file; once more has been enough."""


def close_file(file: h5py.File) -> None:
    """Close a file, and all that is open in it; a file that fails to close is not open afterwards, either.

    HDF5 keeps the number of a file that failed to close, though nothing stands behind it any more: whoever asks it
    anything, as by looking at all open files, crashes the process. Being closed once more, it is forgotten.
    https://github.com/HDFGroup/hdf5/blob/develop/src/H5VLnative_file.c, ``H5VL__native_file_close``.

    Raises
    ------
    OSError, RuntimeError
        What HDF5 said when it failed.
    """
    try:
        file.close()
    except BaseException:
        for _ in range(_TIMES):
            if file.id.valid:
                with contextlib.suppress(OSError, RuntimeError):  # the first error counts
                    file.id.close()  # that of the file itself would ask
        raise
