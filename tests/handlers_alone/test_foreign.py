"""Handlers that others wrote, given to ``load``."""

import threading

import dask.array as da
import framestore_handlers
import numpy as np
import pytest
from framestore_handlers import SeriesHandler

MIMETYPE = "multipart/related;type=application/x-my"


def frame(k):
    return np.full((4, 5), k, "uint8")


@pytest.fixture
def series(tmp_path):
    """Six frames in files of a series."""
    for k in range(6):
        np.save(tmp_path / f"a_{k:06d}.npy", frame(k))
    return tmp_path


def run_of(folder, *, points, frames=1, data_key=(), **kwargs):
    """Documents of a run whose events point to a series by Datum documents, as those of databroker do."""
    image = {"source": "s", "dtype": "array", "dtype_numpy": "|u1", "shape": [frames, 4, 5], "external": "FILESTORE:"}
    image.update(data_key)
    resource = {"uid": "r", "spec": "MY", "root": str(folder), "resource_path": "./", "path_semantics": "posix"}
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
        ("resource", resource | {"resource_kwargs": {"template": "%s%s_%6.6d.npy", "filename": "a", **kwargs}}),
    ]
    for k in range(points):
        pairs.append(("datum", {"datum_id": f"r/{k}", "resource": "r", "datum_kwargs": {"point_number": k}}))
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": k + 1, "time": 0.0, "data": {"image": f"r/{k}"}}
        pairs.append(("event", event))
    return pairs


def stream_of(folder, *, points, frames=1):
    image = {"source": "s", "dtype": "array", "dtype_numpy": "|u1", "shape": [frames, 4, 5], "external": "STREAM:"}
    resource = {"uid": "r", "data_key": "image", "mimetype": MIMETYPE, "uri": f"file://localhost{folder}/"}
    return [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
        ("stream_resource", resource | {"parameters": {"template": "a_{:06d}.npy", "chunk_shape": [1, 4, 5]}}),
        (
            "stream_datum",
            {
                "uid": "r/0",
                "stream_resource": "r",
                "descriptor": "d",
                "indices": {"start": 0, "stop": points},
                "seq_nums": {"start": 1, "stop": points + 1},
            },
        ),
    ]


class Series(SeriesHandler):
    read_frame = staticmethod(np.load)


class AsInTutorials:
    """A path that is a string with a slash at its end, and single frames without an axis for them."""

    def __init__(self, fpath, template, filename):
        self._names = fpath + template.replace("%s", "", 1).replace("%s", filename)

    def __call__(self, point_number):
        return np.load(self._names % point_number)


class OfBursts:
    def __init__(self, fpath, template, filename, images_per_point=1):
        self._make = lambda k: template % (fpath, filename, k)
        self._frames = images_per_point

    def __call__(self, point_number):
        first = point_number * self._frames
        return np.array([np.load(self._make(k)) for k in range(first, first + self._frames)])


class Lazy(OfBursts):
    def __call__(self, point_number):
        return da.from_array(super().__call__(point_number))


class Calibrated(Series):
    """Not only another way to read a file."""

    def __call__(self, point_number):
        return super().__call__(point_number) + np.uint8(100)


def images(pairs, handler, spec="MY", **options):
    return framestore_handlers.load(pairs, handlers={spec: handler}, **options)["primary"]["image"]


@pytest.mark.parametrize("handler", [Series, AsInTutorials, OfBursts, Lazy])
def test_handlers_of_every_make(series, handler):
    array = images(run_of(series, points=6), handler)
    assert (array.shape, array.dtype) == ((6, 1, 4, 5), np.uint8)
    np.testing.assert_array_equal(array.compute()[:, 0], [frame(k) for k in range(6)])
    np.testing.assert_array_equal(array[4].compute(), [frame(4)])


@pytest.mark.parametrize(("handler", "kwargs"), [(Series, "frame_per_point"), (OfBursts, "images_per_point")])
def test_bursts(series, handler, kwargs):
    pairs = run_of(series, points=2, frames=3, **{kwargs: 3})
    whole = images(pairs, handler).compute()
    np.testing.assert_array_equal(whole.reshape(6, 4, 5), [frame(k) for k in range(6)])
    parts = images(pairs, handler, block_bytes=2 * 4 * 5)
    assert parts.numblocks[:2] == (2, 2)
    np.testing.assert_array_equal(parts.compute(), whole)


def test_a_handler_that_does_more_than_read_files_is_called(series):
    array = images(run_of(series, points=2), Calibrated)
    np.testing.assert_array_equal(array.compute()[:, 0], [frame(100), frame(101)])


def test_stream_documents_go_by_their_mimetype(series):
    array = images(stream_of(series, points=2, frames=3), Series, MIMETYPE)
    np.testing.assert_array_equal(array.compute().reshape(6, 4, 5), [frame(k) for k in range(6)])


def test_a_handler_takes_the_place_of_one_that_is_known(series):
    pairs = run_of(series, points=1)
    pairs[2][1]["spec"] = "FRAMESTORE_JPEG"
    np.testing.assert_array_equal(images(pairs, Series, "FRAMESTORE_JPEG").compute()[0], [frame(0)])


def test_area_detector_handlers_give_the_same_as_by_themselves(tmp_path):
    import tifffile
    from area_detector_handlers.handlers import AreaDetectorTiffHandler

    for k in range(6):
        tifffile.imwrite(tmp_path / f"a_{k:06d}.tiff", frame(k))
    pairs = run_of(tmp_path, points=2, frames=3, frame_per_point=3)
    pairs[2][1]["resource_kwargs"]["template"] = "%s%s_%6.6d.tiff"
    array = images(pairs, AreaDetectorTiffHandler)
    np.testing.assert_array_equal(array.compute().reshape(6, 4, 5), [frame(k) for k in range(6)])


class KeepsItsFileOpen(OfBursts):
    """As many of the field's do; and what it holds cannot be sent to another process."""

    opened = []  # noqa: RUF012 - all instances

    def __init__(self, fpath, template, filename):
        super().__init__(fpath, template, filename)
        self._file = open(self._make(0), "rb")  # noqa: SIM115, PTH123 - until it is closed
        self.opened.append(self._file)

    def close(self):
        self._file.close()


def test_a_handler_that_keeps_a_file_open_is_closed(series):
    array = images(run_of(series, points=6), KeepsItsFileOpen, block_bytes=2 * 20)
    np.testing.assert_array_equal(array.compute()[:, 0], [frame(k) for k in range(6)])
    assert len(KeepsItsFileOpen.opened) > 1
    assert all(file.closed for file in KeepsItsFileOpen.opened)


def test_a_handler_that_fails_is_closed(series):
    (series / "a_000001.npy").unlink()
    with pytest.raises(FileNotFoundError, match="a_000001"):
        images(run_of(series, points=2), KeepsItsFileOpen).compute()
    assert all(file.closed for file in KeepsItsFileOpen.opened)


class HoldsWhatCannotBeSent(OfBursts):
    """Its lazy array can be computed only where the handler is, by one thread."""

    def __call__(self, point_number):
        thread = threading.get_ident()

        def read(block):
            assert threading.get_ident() == thread
            return block

        return da.from_array(super().__call__(point_number)).map_blocks(read, meta=np.empty((0, 0, 0), "u1"))


def test_a_lazy_array_is_computed_where_its_handler_is(series):
    array = images(run_of(series, points=6), HoldsWhatCannotBeSent, block_bytes=20)
    np.testing.assert_array_equal(array.compute(scheduler="threads")[:, 0], [frame(k) for k in range(6)])


class Lists(OfBursts):
    def __call__(self, point_number):
        return super().__call__(point_number).tolist()


class ListOfArrays(OfBursts):
    def __call__(self, point_number):
        return list(super().__call__(point_number))


class NegativeList(OfBursts):
    def __call__(self, point_number):
        return (-1 - super().__call__(point_number).astype(int)).tolist()


class Wide(OfBursts):
    def __call__(self, point_number):
        return list(super().__call__(point_number).astype("i8"))


@pytest.mark.parametrize("handler", [Lists, ListOfArrays])
def test_lists_are_arrays_of_the_documents_dtype(series, handler):
    array = images(run_of(series, points=6), handler).compute()
    np.testing.assert_array_equal(array[:, 0], [frame(k) for k in range(6)])
    assert array.dtype == np.uint8


@pytest.mark.parametrize("handler", [NegativeList, Wide])
def test_lists_of_other_numbers_are_not_cast(series, handler):
    with pytest.raises(OSError, match=rf"{handler.__name__}.* gives point 0 as \(1, 4, 5\) int64"):
        images(run_of(series, points=1), handler).compute()


def test_a_function_that_makes_handlers(series):
    def make(fpath, template, filename):
        return OfBursts(fpath, template, filename).__call__

    np.testing.assert_array_equal(images(run_of(series, points=2), make).compute()[:, 0], [frame(0), frame(1)])


def test_the_dtype_is_the_handlers_where_documents_do_not_say(series):
    pairs = run_of(series, points=2)
    del pairs[1][1]["data_keys"]["image"]["dtype_numpy"]
    for handler in (OfBursts, Lazy):
        array = images(pairs, handler)
        assert (array.shape, array.dtype) == ((2, 1, 4, 5), np.uint8)
        np.testing.assert_array_equal(array.compute()[:, 0], [frame(0), frame(1)])


class Floats(OfBursts):
    def __call__(self, point_number):
        return super().__call__(point_number).astype(float)


def test_other_numbers_than_the_documents_say_are_not_cast(series):
    with pytest.raises(OSError, match=r"Floats.* gives point 0 as \(1, 4, 5\) float64, .* say \(1, 4, 5\) uint8"):
        images(run_of(series, points=1), Floats).compute()


class WithoutRead(SeriesHandler):
    pass


class WithMethod(SeriesHandler):
    def read_frame(self, path):
        return np.load(path)


@pytest.mark.parametrize("handler", [WithoutRead, WithMethod])
def test_a_series_handler_that_does_not_say_how_to_read(series, handler):
    with pytest.raises(TypeError, match=f"{handler.__name__} has no read_frame = staticmethod"):
        handler(series, "%s%s_%6.6d.npy", "a")
    with pytest.raises(ValueError, match=f"resource document r cannot be followed: .*{handler.__name__} has no read"):
        images(run_of(series, points=1), handler)


def test_a_handler_that_is_none(series):
    with pytest.raises(ValueError, match="a handler must be a class, as databroker takes it, not 'a.b:C'"):
        images(run_of(series, points=1), "a.b:C")


def test_datums_without_a_point_number_are_named(series):
    pairs = run_of(series, points=1)
    pairs[3][1]["datum_kwargs"] = {"index": 0}
    with pytest.raises(ValueError, match=r"datum document r/0 has no point_number, but \['index'\]"):
        images(pairs, Series)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resource_kwargs": {"template": None}}, "TypeError"),
        ({"resource_kwargs": {}}, "no 'template'"),
        ({"spec": "OTHER"}, "no reader for the spec 'OTHER'; known: AD_HDF5, .*FRAMESTORE_ZARR, .*MY"),
    ],
)
def test_documents_that_do_not_tell_where_the_frames_are(series, change, message):
    pairs = run_of(series, points=1)
    pairs[2][1].update(change)
    with pytest.raises(ValueError, match=message):
        images(pairs, Series)
