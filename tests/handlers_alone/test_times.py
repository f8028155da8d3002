"""When each frame was taken: what cameras said of their frames comes back with them."""

import shutil
from pathlib import Path

import bluesky.plans as bp
import dask
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from numbered import NumberedSource
from ophyd.sim import motor
from PIL import Image
from slow import slow
from ways import WAYS

from framestore import Frame

FIRST = 1_700_000_000.123456
EPICS_EPOCH = 631_152_000


class ClockedSource(NumberedSource):
    """Frame k was taken at a time that is known from k."""

    def next_frame(self, timeout):
        frame = super().next_frame(timeout)
        return Frame(frame.array, frame.frame_id, taken(frame.frame_id))


def taken(k):
    return FIRST + k * 1e-6 + k


TIMED = ["hdf5", "jpeg", "tiff", "png", "zarr", "tiff stack", *slow("compressed hdf5")]


@pytest.fixture(params=["stream", "datum"])
def family(request):
    return request.param


@pytest.mark.parametrize("name", TIMED)
def test_the_times_of_frames_come_back(run_engine, make_camera, documents, family, name):
    way = WAYS[name](ClockedSource((8, 16), "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=3)
    run_engine(bp.scan([camera], motor, 0, 3, 4), documents)
    expected = np.array([taken(k) for k in range(12)]).reshape(4, 3)
    stream = way.load(documents, block_bytes=2 * 3 * 8 * 16)["primary"]
    dataset = stream.to_xarray()
    times = dataset["camera_image_timestamp"]
    assert dask.is_dask_collection(times.data)
    assert times.dims == dataset["camera_image"].dims[:2]
    assert times.dtype == np.float64
    assert dataset.chunks["event"] == (2, 2), "blocks of times go with those of frames"
    np.testing.assert_array_equal(times.values, expected)
    np.testing.assert_array_equal(stream.timestamps("camera_image")[1, 1:].compute(), expected[1, 1:])
    np.testing.assert_array_equal(stream.read_timestamps("camera_image", 1, -1), expected[1:-1])
    assert "camera_image_timestamp" not in stream.to_xarray(timestamps=False)


def test_no_file_is_opened_before_times_are_computed(run_engine, make_camera, documents, source, folder):
    run_engine(bp.count([make_camera(source)], 3), documents)
    shutil.rmtree(folder)
    dataset = framestore_handlers.load(documents)["primary"].to_xarray()
    with pytest.raises(framestore_handlers.MissingFileError, match="root_map"):
        dataset["camera_image_timestamp"].compute()


def test_times_are_read_without_a_pixel(run_engine, make_camera, documents, files):
    """The chunks of the image are damaged: a reader that touched them would notice."""
    way = WAYS["compressed hdf5"](ClockedSource((8, 16), "uint8"))
    run_engine(bp.count([make_camera(way.source, **way.settings)], 3), documents)
    (path,) = files()
    with h5py.File(path, "r+") as file:
        for k in range(3):
            file["/entry/data/data"].id.write_direct_chunk((k, 0, 0), b"damaged")
    stream = way.load(documents)["primary"]
    with pytest.raises(OSError, match="."):
        stream.read("camera_image")
    assert stream.read_timestamps("camera_image").ravel().tolist() == [taken(k) for k in range(3)]


def resource(path, mimetype, **parameters):
    return {
        "uid": "r",
        "data_key": "image",
        "mimetype": mimetype,
        "uri": f"file://localhost{path}",
        "parameters": parameters,
    }


def foreign(document, count=3):
    """Documents of a run of somebody else: ``count`` events of one frame of (2, 3)."""
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
    datum = {"uid": "r/0", "stream_resource": "r", "descriptor": "d"}
    return [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
        ("stream_resource", document),
        ("stream_datum", datum | {f: {"start": s, "stop": s + count} for f, s in (("indices", 0), ("seq_nums", 1))}),
    ]


@pytest.fixture
def area_detector(tmp_path):
    """An HDF5 file as areaDetector's writer lays it out, without any time yet."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["/entry/data/data"] = np.arange(18, dtype="u2").reshape(3, 2, 3)
    document = resource(tmp_path / "a.h5", "application/x-hdf5", dataset="/entry/data/data", chunk_shape=[1, 2, 3])
    return tmp_path / "a.h5", framestore_handlers.load(foreign(document))["primary"]


@pytest.mark.parametrize("group", ["/entry/instrument/NDAttributes", "/entry/instrument/detector/NDAttributes"])
def test_area_detector_s_times_count_from_1990(area_detector, group):
    path, stream = area_detector
    with h5py.File(path, "r+") as file:
        file[f"{group}/NDArrayEpicsTSSec"] = np.array([1_000_000_000, 0, 1_000_000_002], "u4")
        file[f"{group}/NDArrayEpicsTSnSec"] = np.array([250_000_000, 0, 500_000_000], "u4")
        file[f"{group}/NDArrayTimeStamp"] = np.array([5.0, 1_000_000_001.5, 6.0])
    since_1990 = [1_000_000_000.25, 1_000_000_001.5, 1_000_000_002.5]
    assert stream.read_timestamps("image").ravel().tolist() == [EPICS_EPOCH + time for time in since_1990]


def test_the_driver_s_own_times_are_taken_where_there_are_no_others(area_detector):
    path, stream = area_detector
    with h5py.File(path, "r+") as file:
        file["/entry/instrument/NDAttributes/NDArrayTimeStamp"] = np.array([1e9, 1e9 + 0.5])  # one too few
    np.testing.assert_array_equal(
        stream.read_timestamps("image")[:, 0], [EPICS_EPOCH + 1e9, EPICS_EPOCH + 1e9 + 0.5, np.nan]
    )


def test_what_no_file_says_is_not_a_number(area_detector):
    _, stream = area_detector
    assert np.isnan(stream.read_timestamps("image")).all()
    assert np.isnan(stream.to_xarray()["image_timestamp"].values).all()


def series(tmp_path, suffix, write):
    kind = {"tiff": "tiff", "png": "png", "jpg": "jpeg"}[suffix]
    for k in range(3):
        write(tmp_path / f"a_{k:03d}.{suffix}", k)
    document = resource(
        f"{tmp_path}/", f"multipart/related;type=image/{kind}", template=f"a_{{:03d}}.{suffix}", chunk_shape=[1, 2, 3]
    )
    return framestore_handlers.load(foreign(document))["primary"]


def test_area_detector_s_tags_of_tiff(tmp_path):
    def write(path, k):
        tags = [(65002, "I", 1, 1_000_000_000 + k, True), (65003, "I", 1, 250_000_000, True)]
        tifffile.imwrite(path, np.full((2, 3), k, "u2"), extratags=tags, description="timestamp=7.0")

    stream = series(tmp_path, "tiff", write)
    expected = [EPICS_EPOCH + 1_000_000_000.25 + k for k in range(3)]
    assert stream.read_timestamps("image").ravel().tolist() == expected


@pytest.mark.parametrize("suffix", ["tiff", "png", "jpg"])
def test_images_of_others_have_no_times(tmp_path, suffix):
    def write(path, k):
        Image.fromarray(np.full((2, 3), k, "u1")).save(path)

    assert np.isnan(series(tmp_path, suffix, write).read_timestamps("image")).all()


@pytest.mark.parametrize(
    "text", ["timestamp=soon", "timestamp=", "timestamp=nan", "timestamp=inf", "a photograph", "\0"]
)
def test_comments_of_others_are_no_times(tmp_path, text):
    stream = series(tmp_path, "jpg", lambda path, k: Image.new("L", (3, 2)).save(path, comment=text))
    assert np.isnan(stream.read_timestamps("image")).all()


@pytest.mark.parametrize(("name", "glob"), [("jpeg", "*.jpg"), ("png", "*.png"), ("tiff", "*.tiff"), ("hdf5", "*.h5")])
def test_a_file_that_is_none_is_named(run_engine, make_camera, documents, folder, name, glob):
    way = WAYS[name](ClockedSource((8, 16), "uint8"))
    run_engine(bp.count([make_camera(way.source, **way.settings)], 2), documents)
    path = max(folder.glob(glob))
    path.write_bytes(b"no image")
    with pytest.raises(OSError, match=str(path)):
        way.load(documents)["primary"].read_timestamps("camera_image")


def test_frames_that_only_a_handler_reads_have_no_times(run_engine, make_camera, documents):
    way = WAYS["saved numpy"](NumberedSource((8, 16), "uint8"))
    run_engine(bp.count([make_camera(way.source, **way.settings)], 2), documents)
    stream = way.load(documents)["primary"]
    assert "camera_image_timestamp" not in stream.to_xarray()
    assert np.isnan(stream.read_timestamps("camera_image")).all()


def test_a_data_key_keeps_its_name(written_by_hand):
    dataset = written_by_hand.to_xarray()
    assert dataset["image_timestamp"].values.tolist() == [7.0]
    assert dataset["image_frame_timestamp"].shape == (1, 1)


@pytest.fixture
def written_by_hand(tmp_path):
    path = Path(tmp_path, "a.h5")
    with h5py.File(path, "w") as file:
        file["/entry/data/data"] = np.zeros((1, 2, 3), "u2")
    pairs = foreign(resource(path, "application/x-hdf5", dataset="/entry/data/data", chunk_shape=[1, 2, 3]), 1)
    pairs[1][1]["data_keys"]["image_timestamp"] = {"source": "s", "dtype": "number", "shape": []}
    pairs.append(
        ("event", {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "data": {"image_timestamp": 7.0}})
    )
    return framestore_handlers.load(pairs)["primary"]
