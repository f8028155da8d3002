"""Handlers in event-model's Filler: in all its ways, and when it asks again."""

import dask.array as da
import event_model
import framestore_handlers
import numpy as np
import pytest
from event_model import DataNotAccessible, Filler
from framestore_handlers import HDF5Handler, TIFFHandler, handler_registry
from own_formats import NumpyStackHandler
from written import Written

from framestore.formats import HDF5, TIFF

FRAMES = np.arange(6 * 4 * 5, dtype="uint16").reshape(6, 4, 5)
POINTS = FRAMES.reshape(3, 2, 4, 5)


def write(settings, path):
    writer = Written(settings, path, (4, 5), FRAMES.dtype, frames_per_point=2)
    for k, frame in enumerate(FRAMES):
        writer.append(frame, k, float(k))
    writer.flush()
    writer.close()


@pytest.fixture
def run(tmp_path):
    """Documents of three points in an HDF5 file."""
    write(HDF5(), tmp_path / "a.h5")
    return documents(tmp_path, HDF5(), "a")


def documents(folder, settings, name):
    layout = settings.layout
    run = event_model.compose_run()
    key = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [2, 4, 5], "external": "FILESTORE:"}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    resource = run.compose_resource(
        layout.spec, str(folder), layout.resource_name(name), layout.resource_kwargs(name, 2)
    )
    datums = [resource.compose_datum({"point_number": k}) for k in range(3)]
    events = [
        descriptor.compose_event(data={"image": datum["datum_id"]}, timestamps={"image": 0.0}, filled={"image": False})
        for datum in datums
    ]
    return [
        ("start", run.start_doc),
        ("descriptor", descriptor.descriptor_doc),
        ("resource", resource.resource_doc),
        *(("datum", datum) for datum in datums),
        *(("event", event) for event in events),
    ]


def images(pairs, **options):
    with Filler(handler_registry, **{"inplace": False, "retry_intervals": [], **options}) as filler:
        filled = [filler(name, document) for name, document in pairs]
    return [document["data"]["image"] for name, document in filled if name == "event"]


def test_events_are_filled_in_place(run):
    assert all(isinstance(image, da.Array) for image in images(run, inplace=True))
    filled = [document for name, document in run if name == "event"]
    np.testing.assert_array_equal([document["data"]["image"].compute() for document in filled], POINTS)
    assert all(document["filled"]["image"] for document in filled)


def test_events_stay_as_they_were_otherwise(run):
    np.testing.assert_array_equal([image.compute() for image in images(run)], POINTS)
    assert all(isinstance(document["data"]["image"], str) for name, document in run if name == "event")


def test_pages_of_events_are_filled(run):
    page = event_model.pack_event_page(*(document for name, document in run if name == "event"))
    datums = event_model.pack_datum_page(*(document for name, document in run if name == "datum"))
    with Filler(handler_registry, inplace=False, retry_intervals=[]) as filler:
        for name, document in [*run[:3], ("datum_page", datums)]:
            filler(name, document)
        _, filled = filler("event_page", page)
    np.testing.assert_array_equal([image.compute() for image in filled["data"]["image"]], POINTS)


def test_filler_gives_the_handler_of_a_resource(run):
    """One that can be asked, and used in a ``with`` block, as those of area-detector-handlers."""
    resource = next(document for name, document in run if name == "resource")
    with Filler(handler_registry, inplace=False).get_handler(resource) as handler:
        assert type(handler) is HDF5Handler
        point = handler(point_number=2)
    np.testing.assert_array_equal(point.compute(), POINTS[2])


def arriving(handler, arrive):
    """A handler whose files arrive when it has been asked for them once."""

    class Arriving(handler):
        asked = 0

        def __call__(self, point_number):
            try:
                return super().__call__(point_number)
            except OSError:
                Arriving.asked += 1
                arrive()
                raise

    return Arriving


@pytest.mark.parametrize("kind", [HDF5Handler, TIFFHandler], ids=["a file", "a series"])
def test_filler_asks_again_for_files_that_come_late(tmp_path, kind):
    """Of a series also where the last file of a point is the one that lacks."""
    settings, name = (HDF5(), "a.h5") if kind is HDF5Handler else (TIFF(), "a_{:06d}.tiff")
    folder, late = tmp_path / "run", tmp_path / "late"
    for path in (folder, late):
        path.mkdir()
    write(settings, folder / name)
    last = folder / name.format(3)
    last.rename(late / last.name)
    handler = arriving(kind, lambda: (late / last.name).rename(last))
    pairs = documents(folder, settings, "a")
    with Filler({settings.layout.spec: handler}, inplace=False, retry_intervals=[0.001]) as filler:
        filled = [filler(name, document) for name, document in pairs]
    found = [document["data"]["image"].compute() for name, document in filled if name == "event"]
    np.testing.assert_array_equal(found, POINTS)
    assert handler.asked == 1


def test_filler_names_what_it_did_not_find(run, tmp_path):
    (tmp_path / "a.h5").unlink()
    with pytest.raises(DataNotAccessible, match="'point_number': 0") as caught:
        images(run)
    assert "a.h5 is named by the documents but is not there" in str(caught.value.__cause__)


@pytest.mark.parametrize("frames", [0, -1, 1.5])
def test_points_of_no_frames(tmp_path, frames):
    with pytest.raises(ValueError, match=f"frame_per_point must be a whole number from 1 to 67108864, not {frames}"):
        HDF5Handler(tmp_path / "a.h5", frame_per_point=frames)


def test_numbers_that_a_database_made_floats_of(run, tmp_path):
    handler = HDF5Handler(tmp_path / "a.h5", frame_per_point=2.0)
    np.testing.assert_array_equal(handler(1.0).compute(), POINTS[1])
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not 0.5"):
        handler(0.5)


def test_the_sizes_of_a_file_that_is_gone(run, tmp_path):
    (tmp_path / "a.h5").unlink()
    handler = HDF5Handler(tmp_path / "a.h5")
    assert handler.get_file_list([{"point_number": 0}]) == [str(tmp_path / "a.h5")]
    with pytest.raises(framestore_handlers.MissingFileError, match="a.h5"):
        handler.get_file_sizes([{"point_number": 0}])


def test_a_large_point_is_cut_into_blocks(tmp_path):
    """Of whole frames: it does not have to be in memory at once."""
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, "w+", "u1", (3, 5000, 5000))[2, 4999] = 7  # it holds no blocks on disk but that
    point = NumpyStackHandler(path, frame_per_point=3)(0)
    assert point.chunks == ((2, 1), (5000,), (5000,))
    assert point[2, 4999, :3].compute().tolist() == [7, 7, 7]
