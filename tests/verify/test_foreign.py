"""Files of formats that framestore does not write: at least their existence, and what reading tells."""

import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from bluesky.plans import count
from framestore_handlers.served import SERVED
from numbered import NumberedSource
from PIL import Image
from slow import slow
from ways import SavedNumpyWay

FRAMES = np.random.default_rng(5).integers(0, 250, (6, 16, 24), "uint8")


def resource(folder, spec, path, kwargs, *, events=6, frames=1, shape=(16, 24), dtype="|u1"):
    about = {"source": "x", "dtype": "array", "external": "FILESTORE:"}
    data_key = {"shape": [frames, *shape], "dtype_numpy": dtype, **about}
    documents = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": data_key}}),
        ("resource", {"uid": "r", "spec": spec, "root": str(folder), "resource_path": path, "resource_kwargs": kwargs}),
    ]
    for number in range(events):
        datum_id = f"r/{number}"
        documents.append(("datum", {"datum_id": datum_id, "resource": "r", "datum_kwargs": {"point_number": number}}))
        event = {"uid": f"e{number}", "descriptor": "d", "seq_num": number + 1, "time": 0.0, "timestamps": {}}
        documents.append(("event", event | {"data": {"image": datum_id}, "filled": {"image": False}}))
    return [*documents, ("stop", {"uid": "s", "run_start": "run", "time": 1.0, "exit_status": "success"})]


def found(documents, **kwargs):
    report = framestore_handlers.verify(documents, **kwargs)
    return [(finding.kind, finding.frames) for finding in report.findings]


class FolderOfArrays:
    """A handler as others write them, of which nothing is known but that it is called."""

    def __init__(self, fpath, **kwargs):
        self.folder = fpath

    def __call__(self, point_number):
        return np.load(f"{self.folder}/{point_number}.npy")[np.newaxis]


def test_a_handler_of_somebody(tmp_path):
    for number, frame in enumerate(FRAMES):
        np.save(tmp_path / f"{number}.npy", frame)
    documents = resource(tmp_path, "MINE", "", {})
    loaded = {"handlers": {"MINE": FolderOfArrays}}

    def look(**kwargs):
        return found(framestore_handlers.load(documents, **loaded), **kwargs)

    assert look() == [("unchecked", (0, 6))]
    assert look(deep=True) == []
    assert framestore_handlers.verify(framestore_handlers.load(documents, **loaded)).ok
    content = (tmp_path / "5.npy").read_bytes()
    (tmp_path / "5.npy").write_bytes(content[:-1])
    assert look() == [("unchecked", (0, 6)), ("damaged", (5, 6))]
    (tmp_path / "3.npy").write_bytes(content[:-1])
    assert look(deep=True) == [("damaged", (3, 4)), ("damaged", (5, 6))]
    ((kind, _),) = found(documents)
    assert kind == "documents"


def test_a_series_that_a_function_reads(run_engine, make_camera, documents, folder):
    way = SavedNumpyWay(NumberedSource((8, 16), "uint8"))
    run_engine(count([make_camera(way.source, **way.settings)], 5), documents)

    def look(**kwargs):
        return found(way.load(documents.pairs), **kwargs)

    assert look() == [("unchecked", (0, 5))]
    assert look(deep=True) == []
    files = sorted(folder.glob("*.npy"))
    files[1].unlink()
    files[2].unlink()
    assert look() == [("unchecked", (0, 5)), ("missing", (1, 3))]
    files[4].write_bytes(b"")
    assert look(deep=True) == [("missing", (1, 3)), ("damaged", (4, 5))]


@pytest.mark.parametrize("deep", [False, True])
def test_hdf5_files_of_one_frame_each(tmp_path, deep):
    for number, frame in enumerate(FRAMES):
        with h5py.File(tmp_path / f"x_{number}.h5", "w") as file:
            file["/entry/data/data"] = frame
    kwargs = {"template": "%s%s_%d.h5", "filename": "x", "frame_per_point": 1}
    documents = resource(tmp_path, "AD_HDF5_SINGLE", "", kwargs)
    assert found(documents, deep=deep) == ([] if deep else [("unchecked", (0, 6))])
    (tmp_path / "x_2.h5").unlink()
    assert ("missing", (2, 3)) in found(documents, deep=deep)


LAYOUTS = {
    "contiguous": {},
    "chunks of rows": {"chunks": (4, 16, 24)},
    "tiles": {"chunks": (2, 8, 12), "compression": "gzip"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("version", ["latest", *slow("earliest")])
def test_hdf5_of_others(tmp_path, layout, version):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w", libver=version) as file:
        file.create_dataset("/entry/data/data", data=FRAMES, **LAYOUTS[layout])
    documents = resource(tmp_path, "AD_HDF5", "x.h5", {"frame_per_point": 1})
    for deep in (False, True):
        assert found(documents, deep=deep) == []
    more = resource(tmp_path, "AD_HDF5", "x.h5", {"frame_per_point": 1}, events=8)
    assert found(more) == found(more, deep=True) == [("short", (6, 8))]
    other = resource(tmp_path, "AD_HDF5", "x.h5", {"frame_per_point": 1}, dtype="<u2")
    assert found(other) == found(other, deep=True) == [("type", (0, 6))]
    path.write_bytes(path.read_bytes()[:-1])
    assert found(documents) == found(documents, deep=True) == [("truncated", (0, 6))]


def test_a_virtual_dataset_whose_sources_are_gone(tmp_path):
    layout = h5py.VirtualLayout((6, 16, 24), "uint8")
    for number, frame in enumerate(FRAMES):
        with h5py.File(tmp_path / f"{number}.h5", "w") as file:
            file["data"] = frame
        layout[number] = h5py.VirtualSource(f"{number}.h5", "data", (16, 24))
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        file.create_virtual_dataset("/entry/data/data", layout)
    documents = resource(tmp_path, "AD_HDF5", "x.h5", {"frame_per_point": 1})
    assert found(documents) == found(documents, deep=True) == []
    (tmp_path / "1.h5").unlink()
    (tmp_path / "2.h5").unlink()
    (tmp_path / "5.h5").unlink()
    assert found(documents) == [("missing", (1, 3)), ("missing", (5, 6))]


def test_dimensions_of_a_scan(tmp_path):
    """Rows that several dimensions count, of which the last were never written."""
    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as file:
        dataset = file.create_dataset("/entry/data/data", (2, 3, 16, 24), "uint8", chunks=(1, 1, 16, 24))
        dataset.attrs["NDArrayNumDims"] = 2
        for number in range(5):
            dataset[divmod(number, 3)] = FRAMES[number]
    documents = resource(tmp_path, "AD_HDF5", "x.h5", {"frame_per_point": 1})
    assert found(documents) == found(documents, deep=True) == [("short", (5, 6))]


@pytest.mark.parametrize("how", [{"rowsperstrip": 4}, {"tile": (16, 16)}, {"compression": "zlib", "predictor": True}])
def test_tiff_of_others(tmp_path, how):
    path = tmp_path / "x.tiff"
    tifffile.imwrite(path, FRAMES, photometric="minisblack", metadata=None, **how)
    documents = resource(tmp_path, "FRAMESTORE_TIFF_STACK", "x.tiff", {"frame_per_point": 1})
    for deep in (False, True):
        assert found(documents, deep=deep) == []
    with tifffile.TiffFile(path) as file:
        ends = [max(np.add(page.dataoffsets, page.databytecounts)) for page in file.pages]
        tags = [page.offset for page in file.pages]
    lost = int(np.argmax(ends))
    if ends[lost] > max(tags):
        path.write_bytes(path.read_bytes()[: ends[lost] - 1])
        assert found(documents) == found(documents, deep=True) == [("truncated", (lost, lost + 1))]


@pytest.mark.parametrize("pages", [1, 3])
def test_several_pages_a_file(tmp_path, pages):
    """areaDetector's TIFF: a file a point."""
    for number in range(4):
        tifffile.imwrite(tmp_path / f"x_{number}.tiff", FRAMES[:pages], photometric="minisblack", metadata=None)
    kwargs = {"template": "%s%s_%d.tiff", "filename": "x", "frame_per_point": pages}
    documents = resource(tmp_path, "AD_TIFF", "", kwargs, events=4, frames=pages)
    assert found(documents) == found(documents, deep=True) == []
    (tmp_path / "x_0.tiff").unlink()
    tifffile.imwrite(tmp_path / "x_2.tiff", FRAMES[:2], photometric="minisblack", metadata=None)
    assert found(documents) == [("missing", (0, pages)), ("type", (2 * pages, 3 * pages))]


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_images_in_colour_and_of_other_sizes(tmp_path, kind):
    colours = np.random.default_rng(6).integers(0, 250, (3, 16, 24, 3), "uint8")
    for number, image in enumerate(colours):
        Image.fromarray(image).save(tmp_path / f"x_{number}.{kind}")
    Image.fromarray(colours[1][:, :23]).save(tmp_path / f"x_1.{kind}")
    kwargs = {"template": f"%s%s_%d.{kind}", "filename": "x", "frame_per_point": 1}
    documents = resource(tmp_path, f"FRAMESTORE_{kind.upper()}", "", kwargs, events=3, shape=(16, 24, 3))
    assert found(documents) == found(documents, deep=True) == [("type", (1, 2))]


class Served:
    """An array as Tiled's client has it; its server may be gone."""

    uri = "http://localhost/array"
    shape, dtype = (6, 1, 16, 24), np.dtype("uint8")
    gone = False

    def __getitem__(self, index):
        if self.gone:
            raise ConnectionError("the server does not answer")
        return FRAMES[:, np.newaxis][index]


def test_arrays_of_a_server():
    array = Served()
    ranges = {"indices": {"start": 0, "stop": 6}, "seq_nums": {"start": 1, "stop": 7}}
    data_key = {"source": "x", "dtype": "array", "shape": [1, 16, 24], "dtype_numpy": "|u1", "external": "STREAM:"}
    documents = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": data_key}}),
        ("stream_resource", {"uid": "r", "data_key": "image", "uri": "", "mimetype": SERVED, "parameters": array}),
        ("stream_datum", {"uid": "r/0", "stream_resource": "r", "descriptor": "d", **ranges}),
    ]
    note = ("note", None)
    assert found(documents) == [note, ("unchecked", (0, 6))]
    assert found(documents, deep=True) == [note]
    array.gone = True
    assert found(documents, deep=True) == [note, ("damaged", (0, 6))]
