"""The filters that compressed datasets need, which HDF5 does not bring itself."""

from importlib import import_module
from pathlib import Path

import h5py


def ensure_filters(dataset: h5py.Dataset, path: Path) -> None:
    """Have HDF5 know the filters of a dataset; hdf5plugin is only imported where one is missing.

    Raises
    ------
    ModuleNotFoundError
        When hdf5plugin is needed and not installed; it names the command that installs it.
    OSError
        When hdf5plugin does not have the filter either.
    """
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(number) for number in range(plist.get_nfilters())]
    lacking = {number: name.decode() for number, _, _, name in filters if not h5py.h5z.filter_avail(number)}
    if not lacking:
        return
    what = ", ".join(f"{number} ({name})" for number, name in lacking.items())
    try:
        import_module("hdf5plugin")  # registers what it has
    except ModuleNotFoundError as error:
        msg = (
            f"{path}: {dataset.name} is compressed with filter {what}, which needs hdf5plugin: "
            "pip install 'framestore-handlers[compression]'"
        )
        raise ModuleNotFoundError(msg, name=error.name) from error
    if not all(h5py.h5z.filter_avail(number) for number in lacking):
        msg = (
            f"{path}: {dataset.name} is compressed with filter {what}, which neither HDF5 nor hdf5plugin has; say "
            "where it is with the environment variable HDF5_PLUGIN_PATH"
        )
        raise OSError(msg)
