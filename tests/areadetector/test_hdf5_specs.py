"""Every spec of area-detector-handlers that is a file of HDF5: what was put in comes back, each way of reading it."""

import inspect
import pickle
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import event_model
import framestore_handlers
import h5py
import ioc
import numpy as np
import pytest
from framestore_handlers import MissingFileError, UntrustedPathError, handler_registry
from framestore_handlers.areadetector import specs
from framestore_handlers.registry import by_spec
from slow import slow


@dataclass(kw_only=True)
class Case:
    """Files of a spec, how documents name them, and what stands in them."""

    spec: str
    path: Any
    kwargs: dict
    datums: list
    expected: Any
    """What each datum is: (datums, *shape of the data key)."""
    files: list
    """Those of each datum."""
    theirs: Any = None
    """What area-detector-handlers gives for each datum, where it is right; None: the same; (): it is not."""
    shape: Any = None
    """Of the data key, where it is another than that of a datum."""

    def run(self, **changes):
        shape = self.shape or self.expected.shape[1:]
        kwargs = {"shape": shape, "dtype": self.expected.dtype} | self.kwargs | changes
        return ioc.run_of(self.spec, self.path, self.datums, **kwargs)

    def load(self, **options):
        return framestore_handlers.load(self.run(), **options)["primary"]


def plugin(folder, spec, count=6, per_point=2, **settings):
    data = ioc.frames(count)
    path = ioc.write_plugin(folder / "a.h5", data, **settings)
    points = [{"point_number": k} for k in range(count // per_point)]
    return {
        "spec": spec,
        "path": path,
        "kwargs": {"frame_per_point": per_point},
        "datums": points,
        "expected": data.reshape(-1, per_point, 4, 5),
        "files": [[path]] * len(points),
    }


def swmr(folder):
    return plugin(folder, "AD_HDF5_SWMR") | {"theirs": ()}


def many_in_a_chunk(folder):
    return plugin(folder, "AD_HDF5", chunks=(4, 4, 5))


def compressed(folder):
    return plugin(folder, "AD_HDF5", compression="gzip", shuffle=True)


def timepix(folder):
    return plugin(folder, "TPX_HDF5")


def times(folder, spec="AD_HDF5_TS"):
    return plugin(folder, spec) | {"expected": ioc.timestamps(6).reshape(3, 2)}


def times_swmr(folder):
    return times(folder, "AD_HDF5_SWMR_TS") | {"theirs": ()}


def time_alone(folder):
    each = plugin(folder, "AD_HDF5_TS", per_point=1)
    return each | {"expected": ioc.timestamps(6).reshape(6, 1), "theirs": ioc.timestamps(6)}


def single(folder, *, leads=False):
    data = ioc.frames(6)
    paths = []
    for k, frame in enumerate(data):
        paths.append(folder / f"a_{k:06d}.h5")
        ioc.write_plugin(paths[-1], frame[np.newaxis] if leads else frame)
    return {
        "spec": "AD_HDF5_SINGLE",
        "path": folder,
        "kwargs": {"template": "%s%s_%6.6d.h5", "filename": "a", "frame_per_point": 2},
        "datums": [{"point_number": k} for k in range(3)],
        "expected": data.reshape(3, 2, 4, 5),
        "files": [paths[:2], paths[2:4], paths[4:]],
    }


def single_with_leading_1(folder):
    case = single(folder, leads=True)
    return case | {"theirs": case["expected"][:, :, np.newaxis]}


def spectra(folder):
    data = ioc.frames(6, (3, 4, 8), "float64")
    path = ioc.write_plugin(folder / "a.h5", data[:, 0])
    return {
        "spec": "XSP3",
        "path": path,
        "kwargs": {},
        "datums": [{"frame": k, "channel": 3} for k in range(6)],
        "expected": data[:, 0, 2],
        "files": [[path]] * 6,
    }


def spectra_as_rows(folder):
    return spectra(folder) | {"shape": (1, 8)}


def fly(folder, spec="XSP3_FLY", target=None):
    data = ioc.frames(7, (3, 8), "uint32")
    path = ioc.write_plugin(folder / "a.h5", data)
    with h5py.File(path, "r+") as file:
        file["entry/instrument/detector/NDAttributes/TIMESTAMP"] = np.arange(7) / 4
    return {
        "spec": spec,
        "path": path,
        "kwargs": {},
        "datums": [{"target": target} if target else {}],
        "expected": (np.arange(7) / 4 if target == "TIMESTAMP" else data)[np.newaxis],
        "files": [[path]],
    }


def fly_of_a_misspelling(folder):
    return fly(folder, "XPS3_FLY", "data")


def fly_of_numbers(folder):
    return fly(folder, "XSP3_FLY", "TIMESTAMP")


def dexela(folder):
    return fly(folder, "DEXELA_FLY_V1")


def merlin(folder):
    return fly(folder, "MERLIN_FLY")


def merlin_stream(folder):
    return fly(folder, "MERLIN_FLY_STREAM_V1")


def eiger(folder, spec="AD_EIGER2", per_file=4, seq_ids=(3,), **settings):
    series = [ioc.frames(10) + 1000 * k for k in range(len(seq_ids))]
    paths = [
        ioc.write_eiger(folder / "a", seq_id, images, per_file, **settings)
        for seq_id, images in zip(seq_ids, series, strict=True)
    ]
    return {
        "spec": spec,
        "path": folder / "a",
        "kwargs": {"images_per_file": per_file},
        "datums": [{"seq_id": seq_id} for seq_id in seq_ids],
        "expected": np.array(series),
        "files": paths,
        "theirs": (),
    }


def eiger_of_an_image_a_file(folder):
    return eiger(folder, "AD_EIGER", per_file=1, seq_ids=(3, 31)) | {"theirs": None}


def eiger_by_its_old_name(folder):
    case = eiger(folder, "AD_EIGER", group="entry")
    return case | {"kwargs": {"frame_per_point": 4}}


def eiger_slices(folder):
    case = eiger(folder, "AD_EIGER_SLICE")
    datums = [{"seq_id": 3, "frame_num": k} for k in range(10)]
    return case | {"datums": datums, "expected": case["expected"][0], "files": case["files"] * 10}


def eiger_slices_as_frames(folder):
    return eiger_slices(folder) | {"shape": (1, 4, 5)}


QUICK = [
    swmr,
    many_in_a_chunk,
    timepix,
    times,
    time_alone,
    single,
    spectra,
    spectra_as_rows,
    fly,
    fly_of_numbers,
    eiger,
    eiger_of_an_image_a_file,
    eiger_slices,
]
SLOW = [
    compressed,
    times_swmr,
    single_with_leading_1,
    fly_of_a_misspelling,
    dexela,
    merlin,
    merlin_stream,
    eiger_by_its_old_name,
    eiger_slices_as_frames,
]


@pytest.fixture(params=[*QUICK, *slow(*SLOW)], ids=lambda case: case.__name__)
def case(request, tmp_path):
    return Case(**request.param(tmp_path))


@pytest.fixture
def handler(case):
    return handler_registry[case.spec](str(case.path), **case.kwargs)


def theirs_of(spec):
    (found,) = [point for point in entry_points(group="databroker.handlers", name=spec) if "area_det" in point.value]
    return found.load()


def open_files():
    links = Path("/proc/self/fd").iterdir()
    return [path for path in (link.resolve() for link in links) if path.suffix == ".h5"]


def same(given, expected):
    assert (given.shape, given.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(np.asarray(given), expected)


def test_a_datum_is_what_was_put_in_and_lazy(case, handler):
    for datum, expected in zip(case.datums, case.expected, strict=True):
        given = handler(**datum)
        assert hasattr(given, "dask")
        same(given, expected)


def test_area_detector_handlers_gives_the_same_where_it_is_right(case, handler):
    if isinstance(case.theirs, tuple):
        assert case.theirs == ()  # each has a test of its own that shows it
        return
    expected = case.expected if case.theirs is None else case.theirs
    with theirs_of(case.spec)(str(case.path), **case.kwargs) as theirs:
        for datum, value, known in zip(case.datums, expected, case.expected, strict=True):
            same(np.asarray(theirs(**datum)), value)
            assert np.asarray(handler(**datum)).ravel().tolist() == value.ravel().tolist() == known.ravel().tolist()


def test_load_gives_all_datums(case):
    shape = (len(case.datums), *(case.shape or case.expected.shape[1:]))
    stream = case.load()
    same(stream["image"], case.expected.reshape(shape))
    same(stream.read("image", 1, 3), case.expected.reshape(shape)[1:3])


def test_load_in_small_blocks(case):
    shape = (len(case.datums), *(case.shape or case.expected.shape[1:]))
    array = case.load(block_bytes=150)["image"]
    assert array.npartitions > 1 or case.expected.nbytes <= 150
    same(array, case.expected.reshape(shape))


def test_documents_without_a_dtype(case):
    documents = case.run(dtype=None)
    array = framestore_handlers.load(documents)["primary"]["image"]
    same(array, case.expected.reshape(array.shape))


def test_the_filler_of_event_model(case):
    filler = event_model.Filler(handler_registry, inplace=False)
    filled = [filler(name, doc)[1] for name, doc in case.run()]
    images = [doc["data"]["image"] for doc in filled if "seq_num" in doc]
    assert len(images) == len(case.expected)
    for given, expected in zip(images, case.expected, strict=True):
        same(given, expected)


def test_nothing_is_open_and_what_is_pickled_is_small(case, handler):
    before = open_files()
    arrays = [handler(**case.datums[0]), case.load()["image"]]
    assert open_files() == before == []
    assert len(pickle.dumps(handler)) < 4096
    for array in arrays:
        assert all(len(pickle.dumps(task)) < 4096 for task in array.__dask_graph__().values())
    same(pickle.loads(pickle.dumps(handler))(**case.datums[0]), case.expected[0])  # noqa: S301 - it is ours


def test_files_of_a_datum(case, handler):
    for datum, files in zip(case.datums, case.files, strict=True):
        assert handler.get_file_list(iter([datum])) == [str(path) for path in files]


@pytest.mark.parametrize(
    "make", [swmr, many_in_a_chunk, single, times, fly, eiger_slices], ids=lambda make: make.__name__
)
def test_sizes_of_files_each_once(make, tmp_path):
    case = Case(**make(tmp_path))
    every = list(dict.fromkeys(path for files in case.files for path in files))
    with handler_registry[case.spec](str(case.path), **case.kwargs) as handler:
        assert handler.get_file_list(iter(case.datums)) == [str(path) for path in every]
        assert handler.get_file_sizes(iter(case.datums)) == [path.stat().st_size for path in every]


def test_a_file_that_is_gone_is_named(case, handler):
    gone = case.files[0][-1]
    gone.unlink()
    with pytest.raises(MissingFileError, match=gone.name):
        np.asarray(handler(**case.datums[0]))
    with pytest.raises(MissingFileError, match=gone.name):
        case.load().read("image")


def test_nothing_outside_of_the_roots_is_opened(case, tmp_path):
    same(case.load(allowed_roots=[tmp_path]).read("image").ravel(), case.expected.ravel())
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    path = case.files[0][-1]
    path.rename(outside / path.name)
    path.symlink_to(outside / path.name)
    same(case.load().read("image").ravel(), case.expected.ravel())
    with pytest.raises(UntrustedPathError, match="outside of allowed_roots"):
        case.load(allowed_roots=[tmp_path]).read("image")


def test_files_that_were_moved(case, tmp_path):
    """The folder has another name by now; root_map says which."""
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(moved)
    same(case.load(root_map={str(tmp_path): moved}).read("image").ravel(), case.expected.ravel())
    with pytest.raises(MissingFileError):
        case.load().read("image")
    moved.rename(tmp_path)


def arguments(handler, method):
    parameters = list(inspect.signature(getattr(handler, method)).parameters.values())
    return [(one.name, one.default.lstrip("/") if isinstance(one.default, str) else one.default) for one in parameters]


def test_when_frames_were_taken_stands_beside_them(case):
    table = case.load().to_xarray()
    same(table["image"].data.ravel(), case.expected.ravel())
    if "EIGER" in case.spec or case.spec.endswith("_TS"):
        assert "image_timestamp" not in table
        return
    times = table["image_timestamp"].data.compute()
    frame = -(-times.size // 6) if case.spec == "XSP3" else 1  # rows in a frame
    first = ioc.timestamps(1) if "SINGLE" in case.spec else ioc.timestamps(times.size // frame)
    expected = np.broadcast_to(np.repeat(first, frame) + 631_152_000, times.size).reshape(times.shape)
    same(times, expected)


@pytest.mark.parametrize("method", ["__init__", "__call__"])
def test_arguments_are_those_of_area_detector_handlers(method):
    ours = specs.handlers
    assert {spec: arguments(handler, method) for spec, handler in ours.items()} == {
        spec: arguments(theirs_of(spec), method) for spec in ours
    }


def test_every_spec_of_area_detector_handlers_is_known():
    theirs = {point.name for point in entry_points(group="databroker.handlers") if "area_detector" in point.value}
    assert len(theirs) == 20
    assert set(handler_registry) >= theirs
    assert set(by_spec) >= theirs
    assert all(spec in handler_registry[spec].specs for spec in theirs)
