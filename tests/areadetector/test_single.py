"""Series of HDF5 files of one frame each, and tables of them."""

import sys

import event_model
import framestore_handlers
import h5py
import ioc
import numpy as np
import pytest
from area_detector_handlers.handlers import SpecsHDF5SingleHandlerDataFrame as Theirs
from framestore_handlers import MissingFileError, handler_registry
from framestore_handlers.areadetector.single import AreaDetectorHDF5SingleHandler, HDF5SingleHandler
from framestore_handlers.areadetector.spectra import SpecsHDF5SingleHandlerDataFrame

NAMES = {"template": "%s%s_%6.6d.h5", "filename": "a"}


def load(folder, shape, spec="AD_HDF5_SINGLE", dtype="uint16", **kwargs):
    pairs = ioc.run_of(spec, folder, [{"point_number": 0}], shape=shape, dtype=dtype, **NAMES, **kwargs)
    return framestore_handlers.load(pairs)["primary"].read("image")


def test_a_dataset_of_another_name(tmp_path):
    with h5py.File(tmp_path / "a_000000.h5", "w") as file:
        file["x/y"] = ioc.frames(1)[0]
    np.testing.assert_array_equal(HDF5SingleHandler(tmp_path, **NAMES, key="x/y")(0).compute(), ioc.frames(1))
    np.testing.assert_array_equal(load(tmp_path, (1, 4, 5), key="x/y")[0], ioc.frames(1))


def test_a_file_of_several_frames_is_not_one(tmp_path):
    ioc.write_plugin(tmp_path / "a_000000.h5", ioc.frames(3))
    with pytest.raises(OSError, match=r"a_000000\.h5: .* holds \(3, 4, 5\), its documents say one frame of \(4, 5\)"):
        load(tmp_path, (1, 4, 5))
    np.testing.assert_array_equal(load(tmp_path, (1, 3, 4, 5))[0, 0], ioc.frames(3))
    handler = AreaDetectorHDF5SingleHandler(tmp_path, **NAMES)
    np.testing.assert_array_equal(handler(0).compute()[0], ioc.frames(3))


def test_documents_that_keep_the_leading_1(tmp_path):
    ioc.write_plugin(tmp_path / "a_000000.h5", ioc.frames(1))
    np.testing.assert_array_equal(load(tmp_path, (1, 1, 4, 5))[0, 0], ioc.frames(1))
    np.testing.assert_array_equal(load(tmp_path, (1, 4, 5))[0], ioc.frames(1))


def test_a_file_that_is_gone_is_missed_before_any_is_read(tmp_path):
    for k in (0, 1):
        ioc.write_plugin(tmp_path / f"a_{k:06d}.h5", ioc.frames(1))
    handler = AreaDetectorHDF5SingleHandler(tmp_path, **NAMES, frame_per_point=3)
    with pytest.raises(MissingFileError, match=r"a_000002\.h5"):
        handler(0)
    assert AreaDetectorHDF5SingleHandler(tmp_path, **NAMES, frame_per_point=2)(0).shape == (2, 4, 5)


def test_another_dtype(tmp_path):
    ioc.write_plugin(tmp_path / "a_000000.h5", ioc.frames(1))
    with pytest.raises(
        OSError, match=r"of shape \(1, 4, 5\) holds frames of \(4, 5\) uint16, its documents say \(4, 5\) uint8"
    ):
        load(tmp_path, (1, 4, 5), dtype="uint8")


def write_table(folder, start, stop, step, count, columns=2, number=0):
    path = folder / f"a_{number:06d}.h5"
    with h5py.File(path, "w") as file:
        file["entry/data/data"] = ioc.frames(1, (columns, count), "float64")[0]
        for name, value in (("StartEnergy", start), ("StopEnergy", stop), ("StepEnergy", step)):
            file[f"entry/instrument/NDAttributes/{name}"] = [value]
    return path


@pytest.mark.parametrize(
    ("start", "stop", "step", "count"), [(1.0, 3.0, 0.5, 5), (280, 290, 1, 11), (0.1, 1.05, 0.1, 11)]
)
def test_tables_are_those_of_area_detector_handlers(tmp_path, start, stop, step, count):
    for number in range(2):
        write_table(tmp_path, start, stop, step, count, number=number)
    kwargs = {**NAMES, "column_names": ["spectrum", "other"], "frame_per_point": 2}
    ours = SpecsHDF5SingleHandlerDataFrame(tmp_path, **kwargs)(0)
    with Theirs(str(tmp_path), **kwargs) as handler:
        theirs = handler(0)
    assert len(ours) == len(theirs) == 2
    for table, other in zip(ours, theirs, strict=True):
        assert list(table.columns) == ["spectrum", "other", "kinetic_energy"]
        assert table.equals(other)
        np.testing.assert_array_equal(table["other"], np.arange(count) + count + 1)


def test_the_filler_of_event_model_gives_tables(tmp_path):
    write_table(tmp_path, 1.0, 3.0, 0.5, 5)
    pairs = ioc.run_of(
        "SPECS_HDF5_SINGLE_DATAFRAME", tmp_path, [{"point_number": 0}], shape=(1, 2, 5), dtype="float64", **NAMES
    )
    filler = event_model.Filler(handler_registry, inplace=False)
    (event,) = [doc for name, doc in (filler(*pair) for pair in pairs) if "seq_num" in doc]
    (table,) = event["data"]["image"]
    np.testing.assert_array_equal(table["kinetic_energy"], [1.0, 1.5, 2.0, 2.5, 3.0])


def test_rounding_does_not_make_a_row_more(tmp_path):
    write_table(tmp_path, 1.0, 1.3, 0.1, 4)
    with pytest.raises(ValueError, match="Length of values"):
        Theirs(str(tmp_path), **NAMES)(0)
    (table,) = SpecsHDF5SingleHandlerDataFrame(tmp_path, **NAMES)(0)
    np.testing.assert_allclose(table["kinetic_energy"], [1.0, 1.1, 1.2, 1.3], rtol=1e-12)
    assert list(table.columns) == [0, 1, "kinetic_energy"]


@pytest.mark.parametrize(("stop", "step"), [(3.0, 0.5), (1.4, 0.0), (0.0, 0.1)])
def test_energies_that_do_not_fit_the_table(tmp_path, stop, step):
    write_table(tmp_path, 1.0, stop, step, 4)
    with pytest.raises(OSError, match=r"a_000000\.h5 holds 4 values, its energies are 1\.0 to "):
        SpecsHDF5SingleHandlerDataFrame(tmp_path, **NAMES)(0)


def test_load_gives_the_columns_of_tables(tmp_path):
    write_table(tmp_path, 1.0, 3.0, 0.5, 5)
    given = load(tmp_path, (1, 2, 5), "SPECS_HDF5_SINGLE_DATAFRAME", "float64")
    np.testing.assert_array_equal(given[0], ioc.frames(1, (2, 5), "float64"))


def test_files_of_a_table(tmp_path):
    path = write_table(tmp_path, 1.0, 3.0, 0.5, 5)
    handler = SpecsHDF5SingleHandlerDataFrame(tmp_path, **NAMES)
    assert handler.get_file_list(iter([{"point_number": 0}])) == [str(path)]
    assert handler.get_file_sizes(iter([{"point_number": 0}])) == [path.stat().st_size]
    path.unlink()
    with pytest.raises(MissingFileError, match=r"a_000000\.h5"):
        handler(0)


def test_without_pandas_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    write_table(tmp_path, 1.0, 3.0, 0.5, 5)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="need pandas: pip install pandas"):
        SpecsHDF5SingleHandlerDataFrame(tmp_path, **NAMES)(0)


def test_a_template_does_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "inside").mkdir()
    ioc.write_plugin(tmp_path / "a_0.h5", ioc.frames(1))
    names = {"template": "../a_%d.h5", "filename": ""}
    with pytest.raises(ValueError, match="'../a_0.h5' leads out of"):
        AreaDetectorHDF5SingleHandler(tmp_path / "inside", **names)(0)
    pairs = ioc.run_of(
        "AD_HDF5_SINGLE", tmp_path / "inside", [{"point_number": 0}], shape=(1, 4, 5), dtype="u2", **names
    )
    with pytest.raises(ValueError, match="'../a_0.h5' leads out of"):
        framestore_handlers.load(pairs)["primary"].read("image")
