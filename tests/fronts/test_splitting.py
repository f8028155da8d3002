"""A run in several files: each full after a number of frames, or of bytes."""

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import framestore_handlers
import h5py
import numpy as np
import pytest
from flying import Gate
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts, raises
from numbered import NumberedSource
from ways import as_jpeg

from framestore.formats import HDF5, JPEG
from framestore.paths import StaticPathProvider
from framestore.plans import fly


def parts(folder):
    """Frames in each file, by name."""
    found = {}
    for path in folder.glob("*.h5"):
        with h5py.File(path) as file:
            found[path.stem] = len(file["entry/data/data"])
    return found


@pytest.fixture
def named(folder):
    return StaticPathProvider(lambda key: "scan", folder)


def frames_of(source, points, frames=1):
    return np.array([source.expected(k) for k in range(points * frames)]).reshape(points, frames, *source.shape)


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
@pytest.mark.parametrize(
    ("frames", "settings", "expected"),
    [
        (1, {"rotate_frames": 4}, [4, 4, 2]),
        (1, {"rotate_frames": 5}, [5, 5]),
        (1, {"rotate_frames": 100}, [10]),
        (3, {"rotate_frames": 7}, [6, 6, 6, 6, 6]),
        (3, {"rotate_frames": 2}, [3] * 10),
        (1, {"rotate_bytes": 3 * 128 * 2}, [3, 3, 3, 1]),
        (1, {"rotate_bytes": 3 * 128 * 2 + 255}, [3, 3, 3, 1]),
        (1, {"rotate_bytes": 1}, [1] * 10),
        (1, {"rotate_bytes": 8 * 128 * 2, "rotate_frames": 3}, [3, 3, 3, 1]),
    ],
    ids=str,
)
def test_points_stay_whole_and_the_array_is_one(
    run_engine, make_camera, documents, folder, named, front, frames, settings, expected
):
    source = NumberedSource((8, 16), "uint16")
    camera = make_camera(source, path_provider=named, format=HDF5(**settings), frames_per_point=frames)
    run_engine(bp.count([camera], 10), documents)
    names = ["scan", *(f"scan-part{k}" for k in range(1, len(expected)))]
    assert parts(folder) == dict(zip(names, expected, strict=True))
    image = framestore_handlers.load(documents)["primary"][front.image("camera")]
    np.testing.assert_array_equal(image.compute(), frames_of(source, 10, frames))
    resources = documents.of("resource", "stream_resource")
    assert [(doc.get("uri") or doc["resource_path"]).rpartition("/")[2] for doc in resources] == [
        f"{name}.h5" for name in names
    ]
    if front.family == "stream":
        ranges = [doc["indices"] for doc in documents.of("stream_datum")]
        assert [(doc["start"], doc["stop"]) for doc in ranges] == [(k, k + 1) for k in range(10)]
    else:
        filler = event_model.Filler(framestore_handlers.handler_registry, inplace=False, coerce="force_numpy")
        filled = [doc for name, doc in (filler(*pair) for pair in documents) if name == "event"]
        np.testing.assert_array_equal(
            [doc["data"][front.image("camera")] for doc in filled], frames_of(source, 10, frames)
        )


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_series_of_files_is_split_into_several(run_engine, make_camera, documents, folder, named, front):
    source = NumberedSource((8, 16), "uint8")
    camera = make_camera(source, path_provider=named, format=JPEG(rotate_frames=2))
    run_engine(bp.count([camera], 5), documents)
    assert sorted(path.name for path in folder.iterdir()) == [
        "scan-part1_000000.jpg",
        "scan-part1_000001.jpg",
        "scan-part2_000000.jpg",
        "scan_000000.jpg",
        "scan_000001.jpg",
    ]
    image = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    np.testing.assert_array_equal(image[:, 0], [as_jpeg(source.expected(k)) for k in range(5)])


def test_the_configuration_names_the_file_that_is_written(make_camera, named, folder):
    camera = make_camera(NumberedSource(), path_provider=named, format=HDF5(rotate_frames=1))
    camera.stage()
    paths = []
    for _ in range(3):
        camera.trigger().wait(10)
        paths.append(camera.file_path.get())
    assert paths == [str(folder / name) for name in ("scan.h5", "scan-part1.h5", "scan-part2.h5")]
    camera.unstage()


def test_documents_that_are_collected_by_hand_name_all_files(make_camera, named):
    camera = make_camera(NumberedSource(), path_provider=named, format=HDF5(rotate_frames=2))
    camera.stage()
    for _ in range(5):
        camera.trigger().wait(10)
    found = list(camera.collect_asset_docs())
    names = [name for name, _ in found]
    assert names == ["stream_resource", *["stream_datum"] * 2] * 2 + ["stream_resource", "stream_datum"]
    assert [doc["indices"]["start"] for name, doc in found if name == "stream_datum"] == [0, 1, 2, 3, 4]
    camera.unstage()


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_part_that_exists_already_fails_the_point_and_what_was_written_stays(
    run_engine, make_camera, documents, folder, named, front
):
    folder.mkdir()
    (folder / "scan-part1.h5").write_bytes(b"precious")
    source = NumberedSource()
    camera = make_camera(source, path_provider=named, format=HDF5(rotate_frames=2))
    with raises(FileExistsError, "scan-part1.h5 exists already"):
        run_engine(bp.count([camera], 4), documents)
    assert (folder / "scan-part1.h5").read_bytes() == b"precious"
    image = framestore_handlers.load(documents)["primary"][front.image("camera")]
    np.testing.assert_array_equal(image.compute(), frames_of(source, 2))


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_two_streams_and_two_runs_in_one_staging(run_engine, make_camera, documents, folder, source, front):
    camera = make_camera(source, format=HDF5(rotate_frames=2))

    @bpp.stage_decorator([camera])
    def plan():
        for _ in range(2):
            yield from bps.open_run()
            for stream in ("dark", "primary"):
                for _ in range(5):
                    yield from bps.trigger_and_read([camera], stream)
            yield from bps.close_run()

    run_engine(plan(), documents)
    before = 0
    for run in documents.by_run():
        loaded = framestore_handlers.load(run)
        for stream in ("dark", "primary"):
            found = loaded[stream][front.image("camera")].compute()
            np.testing.assert_array_equal(found[:, 0], [source.expected(before + k) for k in range(5)])
            before += 5
    assert sum(parts(folder).values()) == 20
    assert max(parts(folder).values()) == 2


def flown(camera, gate, points, *, at_a_time):
    """Points come so many at a time, each time followed by a collect."""

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        yield from bps.prepare(camera, points, wait=True)
        yield from bps.declare_stream(camera, name="primary", collect=True)
        yield from bps.kickoff(camera, wait=True)
        yield from bps.complete(camera, group="all")
        for landed in range(at_a_time, points, at_a_time):
            gate.release(at_a_time)
            while (yield from bps.rd(camera.frames_written)) < landed:
                yield from bps.sleep(0.01)
            yield from bps.collect(camera, name="primary")
        gate.release(points)
        yield from bps.wait("all")
        yield from bps.collect(camera, name="primary")

    return plan()


class Counted(Gate):
    """A gate that tells when frames have been written."""

    def expected(self, k):
        return np.full(self.shape, k, self.dtype)


@fronts(OPHYD, others=[OPHYD_ASYNC])
@pytest.mark.parametrize(("at_a_time", "expected"), [(4, [4, 4, 4, 4, 4]), (5, [5] * 4), (3, [6, 6, 6, 2]), (20, [20])])
def test_a_fly_scan_goes_on_in_another_file_at_a_collect(
    run_engine, make_camera, documents, folder, named, at_a_time, expected, front
):
    """bluesky takes one StreamDatum of a camera in a collect: where nobody collects, a file grows beyond its size."""
    gate = Counted()
    camera = make_camera(gate, path_provider=named, format=HDF5(rotate_frames=4))
    run_engine(flown(camera, gate, 20, at_a_time=at_a_time), documents)
    assert [parts(folder)[name] for name in sorted(parts(folder))] == expected
    assert documents.of("stop")[0]["num_events"] == {"primary": 20}
    image = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    np.testing.assert_array_equal(image, frames_of(gate, 20))
    numbers = [(doc["seq_nums"]["start"], doc["seq_nums"]["stop"]) for doc in documents.of("stream_datum")]
    assert [start for start, _ in numbers[1:]] == [stop for _, stop in numbers[:-1]]


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_fly_scan_of_our_own_plan(run_engine, make_camera, documents, folder, source, front):
    camera = make_camera(source, format=HDF5(rotate_frames=10), frames_per_point=2)
    run_engine(fly([camera], 500, flush_period=0.01), documents)
    assert documents.of("stop")[0]["num_events"] == {"primary": 500}
    image = framestore_handlers.load(documents)["primary"][front.image("camera")].compute()
    np.testing.assert_array_equal(image, frames_of(source, 500, 2))
    assert sum(parts(folder).values()) == 1000


@pytest.mark.parametrize(
    "settings", [{"rotate_frames": 0}, {"rotate_frames": 1.5}, {"rotate_bytes": -1}, {"rotate_bytes": True}]
)
def test_sizes_that_are_none(settings):
    with pytest.raises(ValueError, match="rotate_.* must be a whole number from 1 on, or None"):
        HDF5(**settings)
