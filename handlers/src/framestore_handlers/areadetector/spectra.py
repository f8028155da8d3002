"""Spectra of an electron analyser, as tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from framestore_handlers.hdf5 import LAYOUT

from .handler import FilePath
from .single import HDF5SingleHandler

if TYPE_CHECKING:
    from pandas import DataFrame

_ATTRIBUTES = "/entry/instrument/NDAttributes"


class SpecsHDF5SingleHandlerDataFrame(HDF5SingleHandler):
    """Handler of the spec ``SPECS_HDF5_SINGLE_DATAFRAME``: a point is a list of tables, one a file.

    Not lazy: a table is a pandas.DataFrame, with a column for each row of the file's dataset and ``kinetic_energy``. A
    table has as many energies as the file has values, the last of them the stop energy; where rounding makes one more
    or less of start, step and stop, that of area-detector-handlers raises ValueError.

    ``load`` gives what the files hold, (frames, columns, rows), without energies.

    Parameters
    ----------
    fpath
        The folder.
    template
        How the files are named, in areaDetector's notation.
    filename
        What the names begin with.
    key
        Path of the dataset in each file.
    column_names
        Names of the columns; None: numbers.
    frame_per_point
        Frames in a point.
    """

    specs = frozenset({"SPECS_HDF5_SINGLE_DATAFRAME"})
    return_type = {"delayed": False}  # noqa: RUF012 - as in the base, which says what type it is of

    def __init__(  # noqa: PLR0917 - the arguments of area-detector-handlers, in its order
        self,
        fpath: FilePath,
        template: str,
        filename: str,
        key: str = LAYOUT.dataset,
        column_names: list[str] | None = None,
        frame_per_point: int = 1,
    ) -> None:
        super().__init__(fpath, template, filename, key=key, frame_per_point=frame_per_point)
        self._column_names = column_names

    def __call__(self, point_number: int) -> "list[DataFrame]":  # pyright: ignore[reportIncompatibleMethodOverride]
        """Tables of one point.

        Raises
        ------
        ModuleNotFoundError
            When pandas is not installed; it names the command that mends it.
        ValueError
            When the number is below 0.
        MissingFileError
            When a file is gone.
        OSError
            When a file has no table, or its energies do not fit it.
        """
        first = self._first(point_number)
        return [self._table(number) for number in range(first, first + self._frames)]

    def _table(self, number: int) -> "DataFrame":
        pandas = _pandas()
        values = self._series.file(number).array().transpose()
        table = pandas.DataFrame(values, columns=self._column_names)
        table["kinetic_energy"] = self._energies(number, len(values))
        return table

    def _energies(self, number: int, count: int) -> NDArray[Any]:
        names = ("StartEnergy", "StopEnergy", "StepEnergy")
        files = [self._series.file(number, f"{_ATTRIBUTES}/{name}") for name in names]
        start, stop, step = (file.array().ravel()[0] for file in files)
        if not step or abs((stop - start) / step - (count - 1)) >= 1:
            msg = f"{files[0].path} holds {count} values, its energies are {start} to {stop} in steps of {step}"
            raise OSError(msg)
        return np.append(np.arange(start, stop + 2 * step, step)[: count - 1], stop)


def _pandas() -> Any:
    try:
        import pandas as pd  # noqa: PLC0415 - optional, and only tables need it
    except ModuleNotFoundError as error:
        msg = "tables of SPECS_HDF5_SINGLE_DATAFRAME need pandas: pip install pandas"
        raise ModuleNotFoundError(msg, name=error.name) from error
    return pd
