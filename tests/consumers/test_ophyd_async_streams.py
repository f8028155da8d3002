"""What detectors of ophyd-async write, by documents that its own classes make, is read back."""

from types import SimpleNamespace

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from devices_without_ioc import Detector, Driver, Plugin
from ophyd_async.core import StaticFilenameProvider, StaticPathProvider, TriggerInfo, init_devices, soft_signal_rw
from ophyd_async.epics import adcore
from ophyd_async.fastcs.odin._data_logic import OdinDataLogic
from ophyd_async.fastcs.panda._data_logic import PandaHDFDataLogic
from ophyd_async.sim import PatternGenerator, SimBlobDetector
from PIL import Image
from slow import slow

RNG = np.random.default_rng(5)


def provider(folder, name="scan"):
    return StaticPathProvider(StaticFilenameProvider(name), folder)


def burst(detector, events, frames):
    """A step scan of several frames an event."""

    @bpp.stage_decorator([detector])
    @bpp.run_decorator()
    def plan():
        yield from bps.prepare(
            detector, TriggerInfo(number_of_events=1, collections_per_event=frames, livetime=0.02), wait=True
        )
        for _ in range(events):
            yield from bps.trigger_and_read([detector])

    return plan()


def fly(detector, events, frames):
    @bpp.stage_decorator([detector])
    @bpp.run_decorator()
    def plan():
        info = TriggerInfo(number_of_events=events, collections_per_event=frames, livetime=0.02)
        yield from bps.prepare(detector, info, wait=True)
        yield from bps.declare_stream(detector, name="primary", collect=True)
        yield from bps.kickoff(detector, wait=True)
        yield from bps.collect_while_completing([detector], [detector], flush_period=0.05, stream_name="primary")

    return plan()


def loaded(documents, folder):
    run = framestore_handlers.load(documents, allowed_roots=[folder])
    return run["primary"]


def blob(folder):
    pattern = PatternGenerator()
    pattern._period = 0
    with init_devices():
        detector = SimBlobDetector(provider(folder), pattern)
    return detector  # noqa: RET504 - it is named after the variable


@pytest.mark.parametrize(
    ("plan", "shape"),
    [
        (lambda detector: bp.count([detector], 3), (3, 1)),
        (lambda detector: burst(detector, 2, 3), (2, 3)),
        (lambda detector: fly(detector, 2, 3), (2, 3)),
    ],
    ids=["count", "bursts", "fly"],
)
def test_its_simulated_detector(run_engine, documents, tmp_path, plan, shape):
    """Its images, and its numbers: a dataset of one axis."""
    detector = blob(tmp_path)
    run_engine(plan(detector), documents)
    stream = loaded(documents, tmp_path)
    with h5py.File(tmp_path / "scan.h5") as file:
        images, sums = file["entry/data/data"][()], file["entry/sum"][()]
    assert len(images) == np.prod(shape)
    assert images.any()
    np.testing.assert_array_equal(stream["detector"].compute(), images.reshape(*shape, 240, 320))
    np.testing.assert_array_equal(stream.read("detector"), images.reshape(*shape, 240, 320))
    np.testing.assert_array_equal(stream["detector-sum"].compute(), sums.reshape(shape))
    np.testing.assert_array_equal(stream.read("detector-sum", 1), sums.reshape(shape)[1:])
    assert stream["detector-sum"].dtype == np.int64
    table = stream.to_xarray()
    assert (table["detector"].shape, table["detector-sum"].shape) == ((*shape, 240, 320), shape)


def multipart(folder, frames, encode, suffix, mimetype, name="scan", **driver):
    """A detector whose plugin writes a file a frame, named by the template that it was given."""
    plugin, driver = Plugin(), Driver(frames.shape[1:3], str(frames.dtype), **driver)

    async def write(number):
        encode(await plugin.path(number), frames[number])

    logic = adcore.ADMultipartDataLogic(
        array_description=driver.description,
        path_provider=provider(folder, name),
        writer=plugin,
        extension=suffix,
        mimetype=mimetype,
    )
    with init_devices():
        det = Detector(plugin, driver, logic, write)
    return det  # noqa: RET504 - it is named after the variable


TIFF = ".tiff", "multipart/related;type=image/tiff"
JPEG = ".jpg", "multipart/related;type=image/jpeg"
PNG = ".png", "multipart/related;type=image/png"


def by_pillow(path, frame):
    Image.fromarray(frame).save(path)


def smooth(*shape):
    """Frames that JPEG hardly changes."""
    ramp = np.add.outer(np.arange(shape[1]), np.arange(shape[2]))
    return np.stack([ramp + 20 * k for k in range(shape[0])]).astype("uint8")


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        ("uint16", "scan"),
        ("uint8", "%s%d"),
        pytest.param("int32", "100%", marks=pytest.mark.slow),
        pytest.param("float32", "scan", marks=pytest.mark.slow),
    ],
)
def test_tiff_sequences(run_engine, documents, tmp_path, dtype, name):
    frames = RNG.integers(0, 100, (6, 5, 7)).astype(dtype)
    detector = multipart(tmp_path, frames, tifffile.imwrite, *TIFF, name=name)
    run_engine(burst(detector, 2, 3), documents)
    image = loaded(documents, tmp_path)["det"]
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.compute(), frames.reshape(2, 3, 5, 7))


def test_tiff_sequences_in_colour(run_engine, documents, tmp_path):
    """Documents say (3, height, width), areaDetector writes (height, width, 3): a pixel stays a pixel."""
    frames = RNG.integers(0, 100, (4, 5, 7, 3)).astype("uint8")
    detector = multipart(tmp_path, frames, tifffile.imwrite, *TIFF, colour=True)
    run_engine(bp.count([detector], 4), documents)
    assert documents.of("descriptor")[0]["data_keys"]["det"]["shape"] == [1, 3, 5, 7]
    stream = loaded(documents, tmp_path)
    np.testing.assert_array_equal(stream["det"].compute()[:, 0], np.moveaxis(frames, -1, 1))
    (tmp_path / "scan_000002.tiff").unlink()
    with pytest.raises(framestore_handlers.MissingFileError, match=r"scan_000002\.tiff"):
        stream.read("det")


def test_colour_images_of_a_writer_that_does_as_documents_say(run_engine, documents, tmp_path):
    def planar(path, frame):
        tifffile.imwrite(path, np.moveaxis(frame, -1, 0), photometric="rgb", planarconfig="separate")

    frames = RNG.integers(0, 100, (2, 5, 7, 3)).astype("uint8")
    run_engine(bp.count([multipart(tmp_path, frames, planar, *TIFF, colour=True)], 2), documents)
    image = loaded(documents, tmp_path)["det"]
    np.testing.assert_array_equal(image.compute()[:, 0], np.moveaxis(frames, -1, 1))


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(("suffix", "mimetype"), [JPEG, PNG])
def test_jpeg_and_png_sequences(run_engine, documents, tmp_path, suffix, mimetype, colour):
    frames = smooth(3, 16, 24)
    if colour:
        frames = np.stack([frames, frames[::-1], frames // 2], -1)
    run_engine(bp.count([multipart(tmp_path, frames, by_pillow, suffix, mimetype, colour=colour)], 3), documents)
    image = loaded(documents, tmp_path)["det"].compute()[:, 0]
    decoded = np.stack([np.asarray(Image.open(tmp_path / f"scan_{k:06d}{suffix}")) for k in range(3)])
    np.testing.assert_array_equal(image, np.moveaxis(decoded, -1, 1) if colour else decoded)
    if suffix == ".png":
        np.testing.assert_array_equal(decoded, frames)


ATTRIBUTES = """<Attributes>
<Attribute name="temperature" type="EPICS_PV" source="T" dbrtype="DBR_DOUBLE"/>
<Attribute name="counter" type="PARAM" source="ARRAY_COUNTER" datatype="INT"/>
</Attributes>"""


def hdf(folder, frames, *, chunk=1, **driver):
    """A detector whose HDF5 plugin writes a file as areaDetector's does, closed with the last frame."""
    plugin = Plugin(frames_in_chunk=chunk)
    driver = Driver(frames.shape[1:3], str(frames.dtype), attributes=ATTRIBUTES, **driver)

    async def write(number):
        count = number + 1
        with h5py.File(await plugin.path(number), "w", libver="latest") as file:
            where = "entry/instrument/detector/data"
            shape = (None, *frames.shape[1:])
            file.create_dataset(where, data=frames[:count], maxshape=shape, chunks=(chunk, *frames.shape[1:]))
            file["entry/data/data"] = file[where]
            values = file.create_group("entry/instrument/NDAttributes")
            chunks = {"maxshape": (None,), "chunks": (16384,)}
            values.create_dataset("temperature", data=np.arange(count) / 4, **chunks)
            values.create_dataset("counter", data=np.arange(count, dtype="<i4"), **chunks)

    logic = adcore.ADHDFDataLogic(
        array_description=driver.description, path_provider=provider(folder), writer=plugin, driver=driver
    )
    with init_devices():
        det = Detector(plugin, driver, logic, write)
    return det  # noqa: RET504 - it is named after the variable


@pytest.mark.parametrize(
    ("plan", "shape"),
    [
        (lambda detector: bp.count([detector], 6), (6, 1)),
        (lambda detector: burst(detector, 2, 3), (2, 3)),
        (lambda detector: fly(detector, 2, 3), (2, 3)),
    ],
    ids=["count", "bursts", "fly"],
)
@pytest.mark.parametrize("chunk", [4, *slow(1)])
def test_hdf5_with_attributes(run_engine, documents, tmp_path, plan, shape, chunk):
    """Numbers that areaDetector writes beside the images: a data key each, of one value a frame."""
    frames = RNG.integers(0, 60_000, (6, 5, 7)).astype("uint16")
    run_engine(plan(hdf(tmp_path, frames, chunk=chunk)), documents)
    stream = loaded(documents, tmp_path)
    np.testing.assert_array_equal(stream["det"].compute(), frames.reshape(*shape, 5, 7))
    np.testing.assert_array_equal(stream["temperature"].compute(), (np.arange(6) / 4).reshape(shape))
    np.testing.assert_array_equal(stream.read("counter"), np.arange(6).reshape(shape))
    assert stream["counter"].dtype == np.int32


def test_hdf5_in_colour(run_engine, documents, tmp_path):
    frames = RNG.integers(0, 200, (4, 5, 7, 3)).astype("uint8")
    run_engine(burst(hdf(tmp_path, frames, colour=True), 2, 2), documents)
    assert documents.of("descriptor")[0]["data_keys"]["det"]["shape"] == [2, 3, 5, 7]
    image = loaded(documents, tmp_path)["det"]
    np.testing.assert_array_equal(image.compute().reshape(4, 3, 5, 7), np.moveaxis(frames, -1, 1))


def test_values_of_a_panda(run_engine, documents, tmp_path):
    """A dataset of numbers each, and no image."""
    values = {"x": np.linspace(0, 1, 6), "counts": np.arange(6.0) * 3}
    plugin = Plugin()

    class Table(list):
        name = property(list)

    async def get_value():
        return Table(values)

    async def write(number):
        with h5py.File(tmp_path / "scan.h5", "w") as file:
            for name, column in values.items():
                file.create_dataset(name, data=column[: number + 1], maxshape=(None,), chunks=(1024,))

    plugin.__dict__["datasets"] = SimpleNamespace(get_value=get_value)
    logic = PandaHDFDataLogic(path_provider=provider(tmp_path), data_block=plugin)
    with init_devices():
        det = Detector(plugin, Driver((1, 1), "uint8"), logic, write)
    run_engine(fly(det, 2, 3), documents)
    stream = loaded(documents, tmp_path)
    for name, column in values.items():
        np.testing.assert_array_equal(stream[name].compute(), column.reshape(2, 3))


def test_files_of_odin(run_engine, documents, tmp_path):
    frames = RNG.integers(0, 60_000, (4, 5, 7)).astype("uint16")
    plugin, driver = Plugin(), Driver((5, 7), "uint16")
    signals = {name: soft_signal_rw(str) for name in ("acquisition_id", "file_prefix", "file_path")}
    processor = {name: soft_signal_rw(str) for name in ("data_compression", "data_datatype")}

    async def trigger():
        """It starts, or stops, at once."""

    command = SimpleNamespace(trigger=trigger)
    fp = SimpleNamespace(
        **processor,
        frames=soft_signal_rw(int),
        frames_written=plugin.num_captured,
        data_dims_0=soft_signal_rw(int, initial_value=5),
        data_dims_1=soft_signal_rw(int, initial_value=7),
        start_writing=command,
        stop_writing=command,
    )
    writing = soft_signal_rw(bool, initial_value=True)
    odin = SimpleNamespace(
        **signals, fp=fp, block_size=soft_signal_rw(int), writing=writing, mw=SimpleNamespace(stop_=command)
    )

    async def write(number):
        with h5py.File(tmp_path / "scan_000001.h5", "w", libver="latest") as file:
            file.create_dataset("data", data=frames[: number + 1], maxshape=(None, 5, 7), chunks=(1, 5, 7))

    depth = soft_signal_rw(int, initial_value=16)
    logic = OdinDataLogic(path_provider=provider(tmp_path), odin=odin, detector_bit_depth=depth)
    with init_devices():
        det = Detector(plugin, driver, logic, write)
    run_engine(bp.count([det], 4), documents)
    np.testing.assert_array_equal(loaded(documents, tmp_path)["det"].compute()[:, 0], frames)
