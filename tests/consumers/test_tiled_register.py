"""A real Tiled server in a process of its own, configured by ``tiled-config``: every format, both TiledWriters."""

import importlib
import os
import subprocess
import sys
from collections import deque
from functools import partial
from itertools import starmap

import bluesky.plans as bp
import event_model
import framestore_handlers
import h5py
import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from bluesky.callbacks.tiled_writer import TiledWriter as OldWriter
from bluesky_tiled_plugins import TiledWriter
from framestore_handlers.tiled import register
from framestore_handlers.tiled.adapters import JPEGAdapter, PNGAdapter, TIFFAdapter
from framestore_handlers.tiled.structure import array_structure
from memory import little_memory
from numbered import NumberedSource
from PIL import Image
from plans import paused
from serving import CAMERAS, benches, served, writer_of
from slow import slow
from tiled.adapters.utils import IncompatibleShapeError
from tiled.client import from_uri
from tiled.client.utils import ClientError
from tiled.structures.array import ArrayStructure
from tiled.structures.core import StructureFamily
from tiled.structures.data_source import Asset, DataSource, Management

from framestore.paths import StaticPathProvider, UUIDFilenameProvider

pytestmark = pytest.mark.usefixtures("registered")

SOME = ("png", "parts_of_stack", "stores_of_zarr")


@pytest.fixture
def server(configured_server):
    return configured_server


@pytest.fixture
def record(server, run_engine, make_camera, documents):
    """Take points with some cameras; the cameras, and the stream as a server has it."""

    def record(names, points, *, writer=TiledWriter, family="stream", **settings):
        taken = benches(make_camera, family, names)
        run_engine.subscribe(writer_of(writer, server, family, **settings))
        run_engine.subscribe(documents)
        run_engine(bp.count([bench.camera for bench in taken], points))
        return taken, server[documents.of("start")[-1]["uid"]]["primary"]

    return record


SLOW_WAYS = [
    pytest.param(OldWriter, "stream", marks=pytest.mark.slow, id="bluesky's, stream"),
    pytest.param(TiledWriter, "stream", marks=pytest.mark.slow, id="plugins', stream"),
    pytest.param(TiledWriter, "datum", marks=pytest.mark.slow, id="plugins', datum"),
]
WAYS = pytest.mark.parametrize(
    ("writer", "family"), [pytest.param(OldWriter, "datum", id="bluesky's, datum"), *SLOW_WAYS]
)


def test_formats_that_tiled_lacks_are_exact(record, server, documents):
    exact(record, server, documents, ["rgb_png", "stack", "stores_of_zarr"], OldWriter, "datum")


@pytest.mark.slow
@WAYS
def test_every_format_is_exact(record, server, documents, writer, family):
    exact(record, server, documents, CAMERAS, writer, family)


def exact(record, server, documents, names, writer, family):
    taken, stream = record(names, 5, writer=writer, family=family)
    loaded = framestore_handlers.load(server[documents.of("start")[0]["uid"]])["primary"]
    for bench in taken:
        expected, array = bench.expected(range(5)), stream[bench.key]
        assert (array.shape, array.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_array_equal(array.read(), expected, err_msg=bench.key)
        np.testing.assert_array_equal(loaded.read(bench.key, 1, 4), expected[1:4], err_msg=bench.key)


KEYS = [
    np.s_[2],
    np.s_[-1, 1],
    np.s_[1:4, :, ::2],
    np.s_[::-2, 1:, 3, 2:5],
    np.s_[..., 0],
    np.s_[2:2],
    np.s_[0, 0, 0, 0],
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["png", "stack", "stores_of_zarr", "tiff", "hdf5"])
def test_parts_and_blocks(record, name, monkeypatch):
    monkeypatch.setattr("framestore_handlers.tiled.structure.CHUNK_BYTES", 2 * CAMERAS[name][2] * 5 * 7 * 4)
    (bench,), stream = record([name], 5)
    array, expected = stream[bench.key], bench.expected(range(5))
    for key in KEYS:
        np.testing.assert_array_equal(array[key], expected[key])
    assert len(array.chunks[0]) > 1
    first = array.chunks[0][0]
    np.testing.assert_array_equal(array.read_block((1, 0, 0, 0)), expected[first : 2 * first])
    np.testing.assert_array_equal(array.read_block((0, 0, 0, 0), np.s_[-1:, 1, 2]), expected[:first][-1:, 1, 2])


@pytest.mark.parametrize("names", [SOME, *slow(["zarr", "stack", "jpeg", "tiff", "hdf5", "parts_of_hdf5"])])
@pytest.mark.parametrize("writer", [TiledWriter, *slow(OldWriter)])
def test_each_point_is_served_when_its_documents_are_out(server, run_engine, make_camera, documents, writer, names):
    """The cameras are staged all the while, and files grow and rotate."""
    taken = benches(make_camera, names=names)
    seen = []

    def look(name, document):
        if name == "event":
            stream = server[documents.of("start")[0]["uid"]]["primary"]
            seen.append([stream[bench.key].read() for bench in taken])

    run_engine.subscribe(writer(server, batch_size=1))
    run_engine.subscribe(documents)
    run_engine.subscribe(look)
    run_engine(bp.count([bench.camera for bench in taken], 3))
    assert len(seen) == 3
    for points, arrays in enumerate(seen):  # bluesky emits a point's stream_datum before its event, or after it
        for bench, array in zip(taken, arrays, strict=True):
            assert len(array) in {points, points + 1}
            np.testing.assert_array_equal(array, bench.expected(range(len(array))), err_msg=bench.key)
    assert all(len(array) >= 2 for array in seen[-1])


@pytest.mark.parametrize("name", ["stack", *slow("png", "stores_of_zarr", "hdf5")])
@WAYS
@pytest.mark.parametrize("batch_size", [10000, *slow(1)])
def test_frames_of_a_paused_run_stand_beside_their_numbers(
    server, run_engine, make_camera, source, documents, name, writer, family, batch_size
):
    """Of points that were taken anew, files keep the frames that belong to no event, where datums name them."""
    camera = make_camera(source, format=CAMERAS[name][3], documents=family, frames_per_point=2)
    run_engine.subscribe(writer_of(writer, server, family, batch_size=batch_size))
    run_engine.subscribe(documents)
    paused(run_engine, camera, (1, "read"), (3, "read"), points=5)
    stream = server[documents.of("start")[0]["uid"]]["primary"].read()
    assert stream["camera_image"].shape == (5, 2, 5, 7)
    np.testing.assert_allclose(stream["camera_image"].mean(axis=(1, 2, 3)), stream["camera_mean"])
    taken = [0, 1, *range(4, 8), *range(10, 14)]
    expected = np.array([source.expected(k) for k in taken]).reshape(5, 2, 5, 7)
    np.testing.assert_array_equal(stream["camera_image"], expected)


def test_files_that_are_gone_or_damaged_are_named(record, folder):
    """And the others are served. Three files of PNG are a point, two pages of TIFF a part, two events a store."""
    (png, stack, zarr, hdf5), stream = record([*SOME, "hdf5"], 5)

    def files(ending):
        return sorted(folder.glob(f"*{ending}"), key=lambda path: (len(path.name), path))

    pictures, parts, stores, (one,) = map(files, (".png", ".tiff", ".zarr", ".h5"))
    pictures[4].unlink()
    parts[1].write_bytes(parts[1].read_bytes()[:-40])
    damaged = next(path for path in sorted((stores[2] / "data").rglob("*")) if path.name != "zarr.json")
    damaged.write_bytes(b"")
    with h5py.File(one) as file:
        end = file["entry/data/data"].id.get_chunk_info(9).byte_offset  # of the last frame
    one.write_bytes(one.read_bytes()[:end])  # Tiled's own adapter would give zeros
    for bench, file, sound in [
        (png, pictures[4], [0, 2]),
        (stack, parts[1], [0, 1, 4]),
        (zarr, damaged, [0, 1, 2, 3]),
        (hdf5, one, []),
    ]:
        array = stream[bench.key]
        with pytest.raises(ClientError, match=f"422.*{file.name}"):
            array.read()
        for point in sound:
            np.testing.assert_array_equal(array[point], bench.expected([point])[0])
    stores[0].rename(stores[0].with_suffix(".away"))
    with pytest.raises(ClientError, match=f"422.*{stores[0].name}.* is not there"):
        stream[zarr.key][0]


@pytest.mark.parametrize("how", ["upwards", *slow("elsewhere")])
def test_files_outside_of_the_readable_storage_are_not_served(
    server, place, make_camera, run_engine, documents, tmp_path, how
):
    """Named by another folder, or by steps upwards from a good one, which Tiled itself does not look for."""
    provider = StaticPathProvider(UUIDFilenameProvider(), tmp_path)
    camera = make_camera(NumberedSource(), format="tiff_stack", stats=(), path_provider=provider)
    run_engine(bp.count([camera], 2), documents)
    path = tmp_path.as_posix() if how == "elsewhere" else f"{place}/{os.path.relpath(tmp_path, place)}"
    writer = TiledWriter(server)
    for name, document in documents:
        if name == "stream_resource":
            document["uri"] = document["uri"].replace(tmp_path.as_posix(), path)
        writer(name, document)
    array = server[documents.of("start")[0]["uid"]]["primary"]["camera_image"]
    answer = server.context.http_client.get(array.item["links"]["full"])  # the client would try again for half a minute
    assert answer.status_code == (500 if how == "elsewhere" else 422)
    assert how == "elsewhere" or "leads upwards" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "link"), [("hdf5", "inside"), ("hdf5", "path"), pytest.param("png", "path", marks=pytest.mark.slow)]
)
def test_links_out_of_the_readable_storage_are_not_followed(record, folder, place, tmp_path, name, link):
    (bench,), stream = record([name], 3)
    array = stream[bench.key]
    file = min(folder.iterdir())
    moved = file.rename(place / f"moved {file.name}")
    _link(file, moved, link)
    np.testing.assert_array_equal(array.read(), bench.expected(range(3)))
    elsewhere = moved.rename(tmp_path / file.name)
    file.unlink()
    _link(file, elsewhere, link)
    with pytest.raises(ClientError, match=f"422: .*{elsewhere} is outside|422: .*{elsewhere}, is outside") as error:
        array.read()
    assert "readable_storage" in str(error.value)


def _link(file, target, kind):
    if kind == "path":
        file.symlink_to(target)
        return
    with h5py.File(file, "w") as links:
        links["entry/data/data"] = h5py.ExternalLink(target, "entry/data/data")


def test_files_of_others_in_a_format_that_tiled_has_no_adapter_for(tmp_path):
    with pytest.raises(IncompatibleShapeError, match="is not one of framestore_handlers' consolidators"):
        PNGAdapter.from_uris(f"file://localhost{tmp_path}/x.png")


@pytest.mark.slow
def test_a_server_that_is_started_again_has_the_runs(configure, make_camera, run_engine, documents):
    configuration = configure()
    taken = benches(make_camera)
    with served(configuration) as uri:
        run_engine.subscribe(TiledWriter(from_uri(uri, api_key="secret")))
        run_engine.subscribe(documents)
        run_engine(bp.count([bench.camera for bench in taken], 5))
    with served(configuration) as uri:
        stream = from_uri(uri, api_key="secret")[documents.of("start")[0]["uid"]]["primary"]
        for bench in taken:
            np.testing.assert_array_equal(stream[bench.key].read(), bench.expected(range(5)), err_msg=bench.key)


@pytest.mark.parametrize(
    "name", ["parts_of_stack", *slow("rgb_jpeg", "png", "tiff", "stores_of_zarr", "hdf5", "parts_of_hdf5")]
)
def test_a_validated_run_stays_as_it_is(record, server, documents, name):
    """The plugins' own look at the files, after the run, mends nothing."""
    with pytest.warns(DeprecationWarning, match="validate"):
        taken, stream = record([name], 3, validate=True)
    assert "Fixed" not in str(server[documents.of("start")[0]["uid"]].metadata.get("notes"))
    for bench in taken:
        np.testing.assert_array_equal(stream[bench.key].read(), bench.expected(range(3)))


def test_what_tiled_keeps_itself_and_files_of_others_are_served_as_before(server, folder):
    """Arrays that are sent to the server, in Zarr; an image that somebody registers."""
    sent = server.write_array(np.arange(12).reshape(3, 4))
    sent.patch(np.arange(4).reshape(1, 4), offset=(3,), extend=True)
    np.testing.assert_array_equal(sent.read(), [*np.arange(12).reshape(3, 4), np.arange(4)])
    folder.mkdir()
    image = np.arange(35, dtype="u2").reshape(5, 7)
    tifffile.imwrite(folder / "image.tif", image)
    (node,) = [
        server.new(
            StructureFamily.array,
            [
                DataSource(
                    structure_family=StructureFamily.array,
                    structure=ArrayStructure.from_array(image),
                    mimetype="image/tiff",
                    assets=[Asset(data_uri=(folder / "image.tif").as_uri(), is_directory=False, parameter="data_uri")],
                    management=Management.external,
                )
            ],
        )
    ]
    np.testing.assert_array_equal(node.read(), image)


def series(suffix, encode, decode):
    """How a series is written, which gives what documents say of it and what is in its files."""

    def write(folder, frames):
        paths = [folder / f"c_{number:06d}.{suffix}" for number in range(len(frames))]
        for path, frame in zip(paths, frames, strict=True):
            encode(path, frame)
        parameters = {"template": f"c_{{:06d}}.{suffix}", "chunk_shape": [1, 3, 5, 7]}
        return f"multipart/related;type=image/{suffix}", f"{folder}/", parameters, [decode(path) for path in paths]

    return write


def hdf5(folder, frames):
    """As areaDetector's plugin writes it: several frames a chunk."""
    with h5py.File(folder / "c.h5", "w") as file:
        file.create_dataset("entry/data/data", data=frames, chunks=(2, 5, 7, 3))
    parameters = {"dataset": "/entry/data/data", "chunk_shape": [2, 3, 5, 7]}
    return "application/x-hdf5", folder / "c.h5", parameters, frames


def hdf5_of_one_image(folder, frames):
    """As areaDetector's plugin writes what it saves alone."""
    with h5py.File(folder / "c.h5", "w") as file:
        file["entry/data/data"] = frames[0]
        file["entry/data/data"].attrs["NDArrayNumDims"] = 3
    parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 3, 5, 7]}
    return "application/x-hdf5", folder / "c.h5", parameters, frames[:1]


def hdf5_as_documents_say(folder, frames):
    with h5py.File(folder / "c.h5", "w") as file:
        file["entry/data/data"] = np.moveaxis(frames, -1, 1)
    parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 3, 5, 7]}
    return "application/x-hdf5", folder / "c.h5", parameters, frames


def stores(folder, frames):
    """Of events of two frames."""
    zarr.create_array(folder / "c.zarr", data=frames.reshape(-1, 2, 5, 7, 3), chunks=(1, 1, 5, 7, 3))
    return "application/x-zarr", folder / "c.zarr", {"chunk_shape": [1, 3, 5, 7]}, frames


def jpeg(path, frame):
    path.write_bytes(imagecodecs.jpeg8_encode(frame))


def unjpeg(path):
    return imagecodecs.jpeg8_decode(path.read_bytes())


COLOURED = [
    pytest.param(series("tiff", tifffile.imwrite, tifffile.imread), 2, id="tiff"),
    pytest.param(series("jpeg", jpeg, unjpeg), 2, marks=pytest.mark.slow, id="jpeg"),
    pytest.param(hdf5, 2, id="hdf5"),
    pytest.param(hdf5, 0, id="hdf5 without an axis of frames"),
    pytest.param(
        series("tiff", tifffile.imwrite, tifffile.imread),
        0,
        marks=pytest.mark.slow,
        id="tiff without an axis of frames",
    ),
    pytest.param(hdf5_of_one_image, 1, marks=pytest.mark.slow, id="one image in hdf5"),
    pytest.param(hdf5_as_documents_say, 2, marks=pytest.mark.slow, id="hdf5 as documents say"),
    pytest.param(stores, 2, id="zarr"),
]


def coloured(uri, mimetype, parameters, events=2, frames=2):
    """A run of images in colour, as ophyd-async tells of it: the channels first, and no join_method.

    Without ``frames``, an event is one, as others tell of it.
    """
    run = event_model.compose_run()
    shape = [frames, 3, 5, 7] if frames else [3, 5, 7]
    key = {"source": "s", "dtype": "array", "dtype_numpy": "|u1", "shape": shape, "external": "STREAM:"}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    uri = f"file://localhost{uri}"
    resource = run.compose_stream_resource(mimetype=mimetype, uri=uri, data_key="image", parameters=parameters)
    rows = event_model.StreamRange(start=0, stop=events), event_model.StreamRange(start=1, stop=events + 1)
    return [
        ("start", run.start_doc),
        ("descriptor", descriptor.descriptor_doc),
        ("stream_resource", resource.stream_resource_doc),
        ("stream_datum", resource.compose_stream_datum(*rows, descriptor.descriptor_doc)),
        ("stop", run.compose_stop()),
    ]


@pytest.mark.parametrize(("write", "each"), COLOURED)
@pytest.mark.parametrize("writer", [TiledWriter, *slow(OldWriter, partial(TiledWriter, validate=True))])
def test_images_in_colour_as_ophyd_async_describes_them(server, folder, writer, write, each):
    """Documents say (3, height, width), files hold (height, width, 3): a pixel stays a pixel."""
    folder.mkdir(exist_ok=True)
    frames = np.random.default_rng(3).integers(0, 200, (4, 5, 7, 3)).astype("u1")
    mimetype, uri, parameters, found = write(folder, frames)
    pairs = coloured(uri, mimetype, parameters, events=len(found) // (each or 1), frames=each)
    tell = writer(server)
    for pair in pairs:
        tell(*pair)
    image = server[pairs[0][1]["uid"]]["primary"]["image"]
    expected = np.moveaxis(found, -1, 1).reshape(-1, *([each] if each else []), 3, 5, 7)
    assert image.shape == expected.shape
    np.testing.assert_array_equal(image.read(), expected)
    for key in (np.s_[-1, ..., 2, 1:], np.s_[::-2, ..., 1, :, 3], np.s_[1:, -1:], np.s_[0]):
        np.testing.assert_array_equal(image[key], expected[key])
    np.testing.assert_array_equal(framestore_handlers.load(pairs)["primary"].read("image"), expected)


@pytest.mark.parametrize("module", ["bluesky.consolidators", "bluesky_tiled_plugins.writing.consolidators"])
@pytest.mark.parametrize(
    "parameters",
    [{"chunk_shape": [2, 3, 5, 7], "template": "{:d}.tiff"}, {"chunk_shape": [1, 3, 5, 7], "template": "{:x}.tiff"}],
    ids=["pages", "template"],
)
def test_images_in_colour_that_would_be_in_disorder_are_refused(tmp_path, module, parameters):
    documents = dict(coloured(f"{tmp_path}/", "multipart/related;type=image/tiff", parameters))
    resource = documents["stream_resource"]
    make = importlib.import_module(module).CONSOLIDATOR_REGISTRY[resource["mimetype"]]
    with pytest.raises(ValueError, match="image: images in colour of .* pixels in disorder"):
        make(resource, documents["descriptor"])


OTHERS = {
    "several frames a file": {"template": "%s%s_%6.6d.tiff", "chunk_shape": [2, 5, 7], "join_method": "stack"},
    "joined along the first axis": {"template": "a_{:d}.tiff", "chunk_shape": [1, 5, 7], "join_method": "concat"},
    "a template that is not ours": {"template": "{:x}.tiff", "chunk_shape": [1, 5, 7], "join_method": "stack"},
}


@pytest.mark.parametrize("parameters", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("module", ["bluesky.consolidators", "bluesky_tiled_plugins.writing.consolidators"])
def test_documents_of_others_are_left_to_the_consolidators_that_there_were(module, parameters):
    consolidators = importlib.import_module(module)
    resource = {"uid": "r", "data_key": "image", "uri": "file://localhost/data/", "parameters": parameters}
    descriptor = {"data_keys": {"image": {"shape": [2, 5, 7], "dtype_numpy": "<u2"}}}
    made = consolidators.consolidator_factory({**resource, "mimetype": "multipart/related;type=image/tiff"}, descriptor)
    assert type(made) is consolidators.TIFFConsolidator


def test_datums_through_bluesky_s_own_writer_need_the_normalizer(server, make_camera, run_engine, documents):
    """Or frames of points that were taken back would stand beside events."""
    run_engine(bp.count([make_camera(NumberedSource(), format="png", documents="datum")], 2), documents)
    with pytest.raises(ValueError, match="camera_image: bluesky's own TiledWriter .* normalizer="):
        deque(starmap(OldWriter(server), documents), maxlen=0)


@pytest.fixture
def stack():
    """A consolidator of pages of TIFF, as bluesky-tiled-plugins makes it; and what makes resources for it."""

    def resource(uid, frames=1):
        parameters = {"chunk_shape": [1, frames, 5, 7], "join_method": "stack"}
        return {
            "uid": uid,
            "data_key": "image",
            "mimetype": "image/tiff",
            "uri": f"file:///{uid}",
            "parameters": parameters,
        }

    consolidators = importlib.import_module("bluesky_tiled_plugins.writing.consolidators")
    descriptor = {"data_keys": {"image": {"shape": [1, 5, 7], "dtype_numpy": "<u2"}}}
    return consolidators.consolidator_factory(resource("b"), descriptor), resource


def test_rows_that_come_before_earlier_ones_are_refused(stack):
    """A TiledWriter that keeps documents back may mix those of two resources up."""
    made, resource = stack
    made.consume_stream_datum(stream_datum("b", 4, 5))
    made.update_from_stream_resource(resource("a"))
    with pytest.raises(ValueError, match="image: the row of index 0 came after that of index 4.*batch_size=1"):
        made.consume_stream_datum(stream_datum("a", 0, 4))


def test_a_resource_of_other_bursts_is_refused(stack):
    made, resource = stack
    with pytest.raises(ValueError, match="image: its resource a, .* another frames_per_point"):
        made.update_from_stream_resource(resource("a", frames=2))


def stream_datum(resource, start, stop):
    indices = {"start": start, "stop": stop}
    return {
        "uid": f"{resource}/{start}",
        "stream_resource": resource,
        "descriptor": "d",
        "indices": indices,
        "seq_nums": indices,
    }


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("tiled", "pip install 'framestore-handlers[tiled]'"),
        pytest.param(
            "bluesky_tiled_plugins.writing.consolidators",
            "pip install 'bluesky-tiled-plugins==",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_is_not_installed_is_named(module, command):
    code = f"import sys; sys.modules[{module!r}] = None; import framestore_handlers.tiled as ours; ours.register()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
    assert command in done.stderr


def test_to_register_again_does_nothing():
    registry = importlib.import_module("bluesky_tiled_plugins.writing.consolidators").CONSOLIDATOR_REGISTRY
    before = dict(registry)
    register()
    assert dict(registry) == before


@pytest.mark.parametrize("adapter", [JPEGAdapter, PNGAdapter, TIFFAdapter])
def test_an_image_of_another_size_is_refused_before_it_is_decoded(tmp_path, adapter):
    """A server reads what anybody may have put in the place of a file."""
    path = tmp_path / "a"
    Image.new("L", (4000, 3000)).save(path, adapter.__name__.removesuffix("Adapter"))
    structure = array_structure(1, (1, 30, 40), np.dtype("u1"))
    served = adapter([path.as_uri()], structure, {"frames_per_event": 1, "segments": [[0, 0, 1]]})
    with little_memory(2**22), pytest.raises(IncompatibleShapeError, match=r"holds frames of \(3000, 4000\) uint8"):
        served.read()
