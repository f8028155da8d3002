"""``load``: documents become arrays, and what is wrong with them is said."""

import copy
import json
import os
import pickle
import re
from itertools import permutations

import bluesky.plans as bp
import dask
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks.json_writer import JSONLinesWriter, JSONWriter
from framestore_handlers import CutFileWarning, MissingFileError
from ophyd.sim import motor

FAMILIES = ["stream", "datum"]


@pytest.fixture(params=FAMILIES)
def scan(request, run_engine, make_camera, source, documents, tmp_path):
    """A scan of 6 points with 2 frames each, its documents in memory, as .jsonl and as .json."""
    camera = make_camera(source, documents=request.param, frames_per_point=2)
    run_engine.subscribe(JSONLinesWriter(str(tmp_path), "run.jsonl"))
    run_engine.subscribe(JSONWriter(str(tmp_path), "run.json"))
    run_engine(bp.scan([camera], motor, 0, 5, 6), documents)
    return documents


@pytest.fixture
def expected(source):
    return np.array([source.expected(k) for k in range(12)]).reshape(6, 2, 5, 7)


@pytest.mark.parametrize("kind", ["pairs", "generator", "jsonl", "json", "string"])
def test_every_source_of_documents_gives_the_same(scan, tmp_path, kind, expected):
    given = {
        "pairs": scan.pairs,
        "generator": (pair for pair in scan),
        "jsonl": tmp_path / "run.jsonl",
        "json": tmp_path / "run.json",
        "string": str(tmp_path / "run.jsonl"),
    }[kind]
    run = framestore_handlers.load(given)
    assert run.start["plan_name"] == "scan"
    assert run.stop["exit_status"] == "success"
    assert run.streams == ["primary"]
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute(), expected)
    np.testing.assert_array_equal(run["primary"]["motor"], np.arange(6.0))


def test_no_file_is_opened_before_an_array_is_computed(scan, files):
    for path in files():
        path.unlink()
    array = framestore_handlers.load(scan)["primary"]["camera_image"]
    assert array.shape == (6, 2, 5, 7)
    assert array.dtype == np.uint16
    with pytest.raises(MissingFileError):
        array.compute()


@pytest.mark.parametrize(("start", "stop"), [(0, None), (2, 5), (5, 2), (-2, None), (0, 100), (3, 3)])
def test_read_goes_by_events(scan, expected, start, stop):
    stream = framestore_handlers.load(scan)["primary"]
    np.testing.assert_array_equal(stream.read("camera_image", start, stop), expected[start:stop])
    np.testing.assert_array_equal(stream.read("motor", start, stop), np.arange(6.0)[start:stop])


def test_to_xarray(scan, expected):
    dataset = framestore_handlers.load(scan)["primary"].to_xarray()
    assert dask.is_dask_collection(dataset["camera_image"].data)
    np.testing.assert_array_equal(dataset["camera_image"].values, expected)
    assert dataset["seq_num"].values.tolist() == [1, 2, 3, 4, 5, 6]
    assert dataset["time"].values.tolist() == [event["time"] for event in scan.of("event")]


def test_blocks_are_of_the_size_that_is_wanted_and_pickle_small(scan, expected):
    array = framestore_handlers.load(scan, block_bytes=2 * 2 * 5 * 7 * 2)["primary"]["camera_image"]
    assert array.chunks[0] == (2, 2, 2)
    for task in dict(array.dask).values():
        assert len(pickle.dumps(task)) < 4000
    with dask.config.set(scheduler="processes"):
        np.testing.assert_array_equal(array.compute(), expected)


def test_moved_files_are_found_by_the_longest_root(scan, folder, tmp_path, expected):
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    maps = {str(tmp_path): "/nowhere", str(folder): elsewhere, str(folder)[:-2]: "/wrong"}
    run = framestore_handlers.load(scan, root_map=maps)
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute(), expected)


def test_a_data_file_that_is_gone_is_named_with_the_next_step(scan, files):
    (path,) = files()
    path.unlink()
    stream = framestore_handlers.load(scan)["primary"]
    for read in (stream["camera_image"].compute, lambda: stream.read("camera_image")):
        with pytest.raises(FileNotFoundError, match=re.escape(str(path))) as error:
            read()
        assert "root_map=" in str(error.value)
    assert stream["camera_mean"].shape == (6,), "the rest is still there"


def test_a_data_file_that_is_not_hdf5(scan, files):
    (path,) = files()
    path.write_bytes(b"not HDF5" * 1000)
    with pytest.raises(OSError, match=f"{re.escape(str(path))} cannot be read as HDF5"):
        framestore_handlers.load(scan)["primary"]["camera_image"].compute()


def test_a_data_file_with_fewer_frames_than_documents_is_an_error_not_zeros(scan, files):
    import h5py

    (path,) = files()
    with h5py.File(path, "r+") as file:
        file["/entry/data/data"].resize(7, axis=0)
    with pytest.raises(OSError, match="holds 7 frames, its documents name frames up to 12"):
        framestore_handlers.load(scan)["primary"]["camera_image"].compute()


def test_a_data_file_of_another_shape_or_dtype_is_an_error_not_a_cast(scan, files):
    import h5py

    (path,) = files()
    path.unlink()
    with h5py.File(path, "w") as file:
        file["/entry/data/data"] = np.zeros((12, 5, 7), "uint8")
    with pytest.raises(OSError, match="holds frames of .* uint8, its documents say .* uint16"):
        framestore_handlers.load(scan)["primary"]["camera_image"].compute()


def test_shape_and_dtype_that_documents_lack_come_from_the_file(scan, expected):
    pairs = copy.deepcopy(scan.pairs)
    for name, document in pairs:
        if name == "descriptor":
            del document["data_keys"]["camera_image"]["dtype_numpy"]
    array = framestore_handlers.load(pairs)["primary"]["camera_image"]
    assert (array.shape, array.dtype) == ((6, 2, 5, 7), np.uint16)
    np.testing.assert_array_equal(array.compute(), expected)


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_a_file_cut_in_its_last_line_is_reported_and_the_rest_is_read(scan, tmp_path, expected, suffix):
    path = tmp_path / f"run.{suffix}"
    lines = path.read_text().splitlines(keepends=True)
    last_event = max(number for number, line in enumerate(lines) if '"name": "event"' in line)
    path.write_text("".join(lines[:last_event]) + lines[last_event][:60])
    with pytest.warns(CutFileWarning, match=re.escape(f"{path}: line {last_event + 1}, the last, is cut off")):
        run = framestore_handlers.load(path)
    assert run.stop is None
    stream = run["primary"]
    assert len(stream) == 5
    np.testing.assert_array_equal(stream["camera_image"].compute()[:5], expected[:5])
    if len(stream["camera_image"]) > 5:  # a StreamDatum comes before its event
        with pytest.warns(UserWarning, match="1 of 6 events are not complete, left out"):
            dataset = stream.to_xarray()
    else:
        dataset = stream.to_xarray()
    assert dataset.sizes["event"] == 5


def test_every_cut_of_a_file_is_either_read_or_refused(scan, tmp_path):
    whole = (tmp_path / "run.jsonl").read_text()
    end_of_start = whole.index("\n")
    path = tmp_path / "cut.jsonl"
    for length in range(0, len(whole), 97):
        path.write_text(whole[:length])
        if length < end_of_start:
            with (
                pytest.raises(ValueError, match="no start document"),
                pytest.warns(CutFileWarning) if length else (_nothing()),
            ):
                framestore_handlers.load(path)
        elif whole[length - 1] == "\n":
            framestore_handlers.load(path)
        else:
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CutFileWarning)
                run = framestore_handlers.load(path)
            assert run.stop is None or length >= len(whole) - 1


def _nothing():
    import contextlib

    return contextlib.nullcontext()


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
@pytest.mark.parametrize("line", ['{"name": "event", "doc": {"se', '{"nam": 3}', "[1, 2]"])
def test_a_broken_line_in_the_middle_is_named(scan, tmp_path, line, suffix):
    path = tmp_path / f"run.{suffix}"
    lines = path.read_text().splitlines(keepends=True)
    lines[4] = f"{line}{',' if suffix == 'json' else ''}\n"
    path.write_text("".join(lines))
    with pytest.raises(ValueError, match=re.escape(f"{path}: line 5 is not a document")):
        framestore_handlers.load(path)


def test_several_runs_need_a_uid(scan, run_engine, make_camera, numbered_source, documents):
    run_engine(bp.count([make_camera(numbered_source((2, 2)), name="other")]), documents)
    first, second = (start["uid"] for start in documents.of("start"))
    with pytest.raises(ValueError, match="several runs; name one with uid=") as error:
        framestore_handlers.load(documents)
    assert first in str(error.value)
    assert framestore_handlers.load(documents, uid=first)["primary"]["camera_image"].shape == (6, 2, 5, 7)
    assert framestore_handlers.load(documents, uid=second[:8])["primary"]["other_image"].shape == (1, 1, 2, 2)
    with pytest.raises(ValueError, match="0 runs whose uid begins with 'zzz'"):
        framestore_handlers.load(documents, uid="zzz")


def test_both_families_in_one_run(run_engine, make_camera, numbered_source, documents):
    one, two = numbered_source((2, 3)), numbered_source((4, 5))
    cameras = [make_camera(one, documents="stream", name="one"), make_camera(two, documents="datum", name="two")]
    run_engine(bp.count(cameras, 3), documents)
    stream = framestore_handlers.load(documents)["primary"]
    np.testing.assert_array_equal(stream["one_image"].compute()[:, 0], [one.expected(k) for k in range(3)])
    np.testing.assert_array_equal(stream["two_image"].compute()[:, 0], [two.expected(k) for k in range(3)])


def test_pages_are_read_as_their_documents(scan, expected):
    import event_model

    events = event_model.pack_event_page(*scan.of("event"))
    pairs = [pair for pair in scan if pair[0] not in {"event", "datum", "stop"}]
    if scan.of("datum"):
        pairs.append(("datum_page", event_model.pack_datum_page(*scan.of("datum"))))
    pairs.append(("event_page", events))
    np.testing.assert_array_equal(framestore_handlers.load(pairs)["primary"]["camera_image"].compute(), expected)


@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        ("folder_of_documents", FileNotFoundError, "No such file or directory: 'folder_of_documents'"),
        ("run.txt", ValueError, "cannot tell the kind of documents file from '.txt'; known: .jsonl, .json"),
        (3, TypeError, "documents must be a file or an iterable"),
        ([1, 2], TypeError, "must be a run, a file, or (name, document) pairs; got 1 out of it"),
        ([], ValueError, "no start document"),
        ([("strat", {})], ValueError, "'strat' is not the name of a document; known: start"),
        ([("start", {"uid": "a"}), ("event", {"uid": "e", "descriptor": "d"})], ValueError, "event document e: 'd'"),
        (
            [("start", {"uid": "a"}), ("stop", {"uid": "e"})],
            ValueError,
            "stop document e: 'run_start' is neither a field",
        ),
    ],
)
def test_what_is_not_a_run_is_refused(documents, error, message):
    with pytest.raises(error, match=re.escape(message)):
        framestore_handlers.load(documents)


def test_a_documents_file_that_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.jsonl"):
        framestore_handlers.load(tmp_path / "nowhere.jsonl")


def test_repeats_must_be_known():
    with pytest.raises(ValueError, match="repeats must be 'last' or 'all', not 'first'"):
        framestore_handlers.load([], repeats="first")


@pytest.mark.parametrize("size", ["64MiB", None, 64e6])
def test_a_size_of_blocks_that_is_none(size):
    with pytest.raises(TypeError, match="block_bytes must be a whole number of bytes, such as 67108864, not "):
        framestore_handlers.load([], block_bytes=size)


def test_a_size_of_blocks_of_one_array_that_is_none(scan):
    with pytest.raises(TypeError, match="block_bytes must be a whole number of bytes, such as 67108864, not '1 GiB'"):
        framestore_handlers.load(scan)["primary"].array("camera_image", block_bytes="1 GiB")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".msgpack"])
def test_a_documents_file_that_is_none_is_not_waited_for(tmp_path, suffix, live):
    path = tmp_path / f"run{suffix}"
    os.mkfifo(path)
    with pytest.raises(OSError, match=f"{re.escape(str(path))} is not a file, but a pipe or a device; save"):
        framestore_handlers.load(path, live=live)


def test_an_unknown_mimetype_or_spec_is_named(scan):
    pairs = json.loads(json.dumps(scan.pairs).replace("application/x-hdf5", "x/y").replace("AD_HDF5", "THEIRS"))
    with pytest.raises(ValueError, match="no reader for the (spec 'THEIRS'|mimetype 'x/y'); known"):
        framestore_handlers.load([tuple(pair) for pair in pairs])["primary"]["camera_image"]


def test_unknown_names_are_answered_with_those_that_there_are(scan):
    run = framestore_handlers.load(scan)
    with pytest.raises(KeyError, match="no stream 'dark'; it has: primary"):
        run["dark"]
    with pytest.raises(KeyError, match="no data key 'img'; it has: .*camera_image"):
        run["primary"]["img"]
    assert "primary" in run
    assert list(run) == ["primary"]
    assert "6 events" in repr(run)


@pytest.mark.parametrize("scan", ["stream"], indirect=True)
def test_a_run_that_goes_on_in_a_second_resource(scan, expected, files, tmp_path):
    """Indices go on from file to file, rows begin anew: as after a pause that cannot take frames back."""
    import h5py

    (path,) = files()
    second = path.with_name("second.h5")
    with h5py.File(second, "w") as file:
        file["/entry/data/data"] = expected[4:].reshape(-1, 5, 7)
    pairs = []
    for name, document in copy.deepcopy(scan.pairs):
        if name == "stream_datum" and document["indices"]["start"] == 4:
            resource = copy.deepcopy(scan.of("stream_resource")[0])
            resource |= {"uid": "second", "uri": f"file://localhost{second}"}
            pairs.append(("stream_resource", resource))
        if name == "stream_datum" and document["indices"]["start"] >= 4:
            document["stream_resource"] = "second"
        pairs.append((name, document))
    with h5py.File(path, "r+") as file:
        file["/entry/data/data"].resize(8, axis=0)
    np.testing.assert_array_equal(framestore_handlers.load(pairs)["primary"]["camera_image"].compute(), expected)


@pytest.fixture
def rotated(tmp_path):
    """Documents that name the first 3 of 9 frames in each of three files; frame k of file i is full of 10i + k."""
    import h5py

    resources, datums = [], []
    for i in range(3):
        made = Made(tmp_path / f"{i}.h5")
        with h5py.File(made.path, "w") as file:
            file["/entry/data/data"] = np.repeat(10 * i + np.arange(9, dtype="u2"), 6).reshape(9, 2, 3)
        resources.append(made.stream_resource(uid=f"r{i}"))
        datums.append(made.stream_datum(3 * i, 3 * i + 1, 3))
        datums[-1][1]["stream_resource"] = f"r{i}"
    return [made.start(), made.descriptor(image=made.image)], resources, datums


@pytest.mark.parametrize("turned", [1, -1])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_stream_datums_may_come_in_any_order(rotated, turned, order):
    head, resources, datums = rotated
    pairs = [*head, *resources[::turned], *(datums[i] for i in order)]
    frames = framestore_handlers.load(pairs)["primary"].read("image")[:, 0, 0, 0]
    assert frames.tolist() == [0, 1, 2, 10, 11, 12, 20, 21, 22]


def test_documents_of_a_first_file_that_are_lost_are_reported(rotated):
    head, resources, datums = rotated
    with pytest.warns(UserWarning, match="image: .* begin with index 3, .* of its resource r1; if documents of a reso"):
        framestore_handlers.load([*head, *resources[1:], *datums[1:]])["primary"].read("image")


def test_indices_that_one_file_begins_with_may_have_been_skipped(rotated, recwarn):
    head, resources, datums = rotated
    datums[0][1]["indices"] = {"start": 2, "stop": 5}
    frames = framestore_handlers.load([*head, resources[0], datums[0]])["primary"].read("image")[:, 0, 0, 0]
    assert frames.tolist() == [2, 3, 4]
    assert not [one for one in recwarn if str(one.message).startswith("image: ")]


@pytest.fixture
def written(tmp_path):
    """An HDF5 file of 12 frames, frame k filled with k, and documents made by hand that point to it."""
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["/entry/data/data"] = np.repeat(np.arange(12, dtype="u2"), 6).reshape(12, 2, 3)
    return Made(tmp_path / "a.h5")


class Made:
    def __init__(self, path):
        self.path = path
        self.image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
        self.number = {"source": "s", "dtype": "number", "shape": []}

    def start(self, uid="run"):
        return "start", {"uid": uid, "time": 0.0}

    def descriptor(self, uid="d", run="run", **data_keys):
        keys = data_keys or {"image": self.image, "a": self.number}
        return "descriptor", {"uid": uid, "run_start": run, "name": "primary", "data_keys": keys}

    def stream_resource(self, frames=1, uid="r"):
        parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, frames, 2, 3], "join_method": "stack"}
        document = {"uid": uid, "data_key": "image", "mimetype": "application/x-hdf5", "parameters": parameters}
        return "stream_resource", document | {"uri": f"file://localhost{self.path}"}

    def stream_datum(self, index, seq_num, count=1):
        document = {"uid": f"r/{index}", "stream_resource": "r", "descriptor": "d"}
        document["indices"] = {"start": index, "stop": index + count}
        return "stream_datum", document | {"seq_nums": {"start": seq_num, "stop": seq_num + count}}

    def event(self, seq_num, at=0.0, **data):
        return "event", {"uid": f"e{at}", "descriptor": "d", "seq_num": seq_num, "time": at, "data": data}

    def first(self):
        return [self.start(), self.descriptor(), self.stream_resource()]


def firsts(array):
    return np.asarray(array)[:, 0, 0, 0].tolist()


def test_a_point_taken_anew_whose_second_event_was_lost_keeps_its_first_frame(written):
    """A frame never stands beside the numbers of another."""
    pairs = written.first()
    for k, (index, seq_num) in enumerate([(0, 1), (1, 2)]):
        pairs += [written.stream_datum(index, seq_num), written.event(seq_num, at=k, a=10 + k)]
    pairs.append(written.stream_datum(2, 2))  # taken anew; then the file was cut off
    for repeats in ("last", "all"):
        with pytest.warns(UserWarning, match="1 of 3 events are not complete"):
            dataset = framestore_handlers.load(pairs, repeats=repeats)["primary"].to_xarray()
        assert firsts(dataset["image"]) == [0, 1]
        assert dataset["a"].values.tolist() == [10, 11]


def test_repeated_events_have_their_own_times(written):
    pairs = written.first()
    for k, (index, seq_num) in enumerate([(0, 1), (1, 2), (2, 2), (3, 3)]):
        pairs += [written.stream_datum(index, seq_num), written.event(seq_num, at=float(k), a=k)]
    every = framestore_handlers.load(pairs, repeats="all")["primary"].to_xarray()
    assert every["time"].values.tolist() == [0, 1, 2, 3]
    assert firsts(every["image"]) == [0, 1, 2, 3]
    last = framestore_handlers.load(pairs)["primary"].to_xarray()
    assert last["time"].values.tolist() == [0, 2, 3]
    assert firsts(last["image"]) == [0, 2, 3]


def test_one_repeat_does_not_cut_a_run_into_single_events(written):
    pairs = [*written.first(), written.stream_datum(0, 1, 5), written.stream_datum(5, 5, 6)]
    pairs += [written.event(seq_num, at=k, a=k) for k, seq_num in enumerate([*range(1, 6), *range(5, 11)])]
    array = framestore_handlers.load(pairs)["primary"]["image"]
    assert firsts(array) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
    assert array.chunks[0] == (10,)


@pytest.mark.parametrize("repeats", ["last", "all"])
def test_a_flown_stream_repeats_nothing(written, repeats):
    """After a pause bluesky counts again from the last checkpoint on; without events, nothing was taken anew."""
    pairs = [*written.first(), written.stream_datum(0, 1, 5), written.stream_datum(5, 1, 3), written.stream_datum(8, 4)]
    stream = framestore_handlers.load(pairs, repeats=repeats)["primary"]
    assert firsts(stream["image"]) == list(range(9))
    assert stream["image"].chunks[0] == (9,)
    assert stream.seq_nums.tolist() == list(range(1, 10))
    assert firsts(stream.to_xarray(["image"])["image"]) == list(range(9))


@pytest.mark.parametrize("family", FAMILIES)
def test_another_number_of_frames_than_the_descriptor_says_is_refused(
    run_engine, make_camera, source, documents, family, monkeypatch
):
    """bluesky describes a camera once a run; one staged anew within it, with another number, cannot be told."""
    import bluesky.plan_stubs as bps
    import bluesky.preprocessors as bpp

    from framestore.documents.streams import Streams

    monkeypatch.setattr(Streams, "check_form", lambda *_: None)  # a camera of ours refuses that; others may not
    camera = make_camera(source, documents=family)

    @bpp.run_decorator()
    def plan():
        for frames in (1, 2):
            yield from bps.mv(camera.frames_per_point, frames)
            yield from bps.stage(camera)
            yield from bps.trigger_and_read([camera])
            yield from bps.unstage(camera)

    run_engine(plan(), documents)
    with pytest.raises(ValueError, match="has 2 frames an event, its data key says 1"):
        framestore_handlers.load(documents)["primary"]["camera_image"]


def test_descriptors_that_disagree_are_refused(written):
    other = written.image | {"shape": [2, 2, 3]}
    pairs = [*written.first(), written.stream_datum(0, 1), written.descriptor("d2", image=other, a=written.number)]
    with pytest.raises(ValueError, match="its descriptors say of 'image'"):
        framestore_handlers.load(pairs)["primary"]["image"]


def test_resources_need_not_tell_their_run(run_engine, make_camera, numbered_source, documents):
    """Two runs, interleaved, whose Resource documents have no run_start."""
    cameras = [make_camera(numbered_source((2, 2)), documents="datum", name=name) for name in ("one", "two")]
    for camera in cameras:
        run_engine(bp.count([camera], 2), documents)
    first, second = (run.pairs for run in documents.by_run())
    mixed = [pair for both in zip(first, second, strict=True) for pair in both]
    for name, document in mixed:
        if name == "resource":
            del document["run_start"]
    for run, name in ((first, "one_image"), (second, "two_image")):
        assert framestore_handlers.load(mixed, uid=run[0][1]["uid"])["primary"][name].compute().shape == (2, 1, 2, 2)


def test_events_larger_than_a_block_are_cut_between_frames(scan, expected):
    array = framestore_handlers.load(scan, block_bytes=5 * 7 * 2)["primary"]["camera_image"]
    assert array.chunks[:2] == ((1,) * 6, (1, 1))
    np.testing.assert_array_equal(array.compute(), expected)


def test_a_file_that_root_map_misplaces_is_named_both_ways(scan, folder):
    stream = framestore_handlers.load(scan, root_map={str(folder): "/nowhere"})["primary"]
    with pytest.raises(MissingFileError) as error:
        stream.read("camera_image")
    assert "which root_map puts at /nowhere" in str(error.value)
    assert f"root_map={{{str(folder)!r}:" in str(error.value), "the entry that has to be changed"


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_byte_order_marks_and_windows_line_ends_are_read(scan, tmp_path, expected, suffix):
    path = tmp_path / f"run.{suffix}"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    np.testing.assert_array_equal(framestore_handlers.load(path)["primary"]["camera_image"].compute(), expected)


def test_a_json_file_of_a_run_that_goes_on(scan, tmp_path, expected):
    path = tmp_path / "run.json"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    with pytest.warns(CutFileWarning, match="has no end: .* All of its documents were read"):
        run = framestore_handlers.load(path)
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute(), expected)


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_text_that_is_not_utf8_is_named(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b'[\n{"name": "start", "doc": {"uid": "\xe9"}}\n]\n')
    with pytest.raises(ValueError, match=re.escape(str(path))):
        framestore_handlers.load(path)


def test_values_that_some_events_lack_are_named_and_the_rest_is_read(written):
    pairs = [written.start(), written.descriptor(a=written.number, b=written.number)]
    pairs += [written.event(1, a=1, b=1), written.event(2, a=2)]
    stream = framestore_handlers.load(pairs)["primary"]
    with pytest.raises(ValueError, match="event 2 has no value of 'b'"):
        stream["b"]
    assert stream.to_xarray(keys=["a"])["a"].values.tolist() == [1, 2]


def test_ragged_values_are_objects(written):
    pairs = [written.start(), written.descriptor(a=written.number), written.event(1, a=[1]), written.event(2, a=[1, 2])]
    assert framestore_handlers.load(pairs)["primary"]["a"].tolist() == [[1], [1, 2]]


@pytest.mark.parametrize(
    "values",
    [([[1, 2], [3]],), ([[1, 2], [3]], 4), (np.zeros((2, 3)), np.ones((2, 4)))],
    ids=["inside", "beside a number", "along the last axis"],
)
def test_values_that_are_no_array_together_stay_as_they_are(written, values):
    pairs = [written.event(number, a=value) for number, value in enumerate(values, 1)]
    column = framestore_handlers.load([written.start(), written.descriptor(a=written.number), *pairs])["primary"]["a"]
    assert (column.dtype, column.shape) == (object, (len(values),))
    for got, value in zip(column.tolist(), values, strict=True):
        assert type(got) is type(value)
        np.testing.assert_equal(got, value)


def test_names_that_collide_in_a_table_keep_out_of_each_other_s_way(written):
    array = {"source": "s", "dtype": "array", "dims": ["y"]}
    sizes = {"p": 2, "q": 3, "r": 2}
    keys = {"time": written.number} | {key: array | {"shape": [size]} for key, size in sizes.items()}
    event = written.event(1, 5.0, time=1, **{key: list(range(size)) for key, size in sizes.items()})
    dataset = framestore_handlers.load([written.start(), written.descriptor(**keys), event])["primary"].to_xarray()
    assert dataset["time"].values.tolist() == [1]
    assert dataset["event_time"].values.tolist() == [5.0]
    assert [dataset[key].dims[1] for key in sizes] == ["y", "q_dim_0", "y"]


def test_a_stream_that_cannot_be_read_is_still_shown(written):
    name, resource = written.stream_resource()
    other = (name, resource | {"mimetype": "x/y"})
    pairs = [written.start(), written.descriptor(), other, written.stream_datum(0, 1, 3)]
    assert "3 events" in repr(framestore_handlers.load(pairs))


def test_the_same_array_is_given_twice(scan):
    stream = framestore_handlers.load(scan)["primary"]
    assert stream["camera_image"] is stream["camera_image"]


def test_a_uid_that_another_begins_with(written):
    pairs = [written.start("ab"), written.start("abc")]
    assert framestore_handlers.load(pairs, uid="ab").start["uid"] == "ab"


def events(written, *seq_nums):
    return [written.event(seq_num, at=k, a=10 * seq_num) for k, seq_num in enumerate(seq_nums)]


@pytest.mark.parametrize("read", [lambda stream: stream["image"], lambda stream: stream.read("image")])
@pytest.mark.parametrize(
    ("datums", "lacking"), [([], 1), ([(0, 1), (1, 2)], 3), ([(0, 2), (1, 3), (2, 4)], 1), ([(0, 1), (1, 4)], 2)]
)
def test_an_event_without_frames_is_an_error_not_a_shift(written, datums, lacking, read):
    pairs = [*written.first(), *(written.stream_datum(*datum) for datum in datums), *events(written, 1, 2, 3, 4)]
    stream = framestore_handlers.load(pairs)["primary"]
    with pytest.raises(
        ValueError, match=f"the documents name no frames of 'image' for event {lacking}(;|, nor for [1-9])"
    ):
        read(stream)
    assert stream["a"].tolist() == [10, 20, 30, 40]
    with pytest.warns(UserWarning, match="events are not complete"):
        dataset = stream.to_xarray()
    assert dataset["seq_num"].values.tolist() == [seq_num for _, seq_num in datums]
    assert firsts(dataset["image"]) == [index for index, _ in datums]


@pytest.mark.parametrize("dims", [7, "xy", [7, 8], [["x"], "y"], {"x": 1}])
def test_dims_that_are_none_are_named(written, dims):
    key = {"source": "s", "dtype": "array", "shape": [2], "dims": dims}
    pairs = [written.start(), written.descriptor(spectrum=key), written.event(1, spectrum=[1, 2])]
    message = f"spectrum: the dims of its data key must be a list of names, not {dims!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        framestore_handlers.load(pairs)["primary"].to_xarray()


@pytest.mark.parametrize("time", ["x", [1.0], {}])
def test_times_that_are_none_are_named(written, time):
    pairs = [written.start(), written.descriptor(a=written.number), written.event(1, a=1), written.event(2, time, a=2)]
    message = f"stream 'primary': the time of an event must be a number of seconds, not {time!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        framestore_handlers.load(pairs)["primary"].to_xarray()


def test_frames_without_an_event_in_the_middle_do_not_shift_those_behind(written):
    pairs = [*written.first(), written.stream_datum(0, 1, 4), *events(written, 1, 2, 4)]
    stream = framestore_handlers.load(pairs)["primary"]
    with pytest.warns(UserWarning, match="1 frames of 'image' belong to no event"):
        assert firsts(stream["image"]) == [0, 1, 3]
    with pytest.warns(UserWarning, match="1 frames of 'image' belong to no event"):
        assert firsts(stream.read("image", 2, 3)) == [3]


def test_frames_behind_the_last_event_are_there(written):
    """As when the writer of the documents was killed between a frame and its event."""
    pairs = [*written.first(), written.stream_datum(0, 1, 4), *events(written, 1, 2)]
    stream = framestore_handlers.load(pairs)["primary"]
    assert firsts(stream["image"]) == [0, 1, 2, 3]
    assert firsts(stream.read("image", 3)) == [3]


def test_sequence_numbers_that_were_not_filled_in_follow_the_indices(written):
    pairs = written.first()
    for index in (0, 2):
        name, document = written.stream_datum(index, 0, 2)
        document["seq_nums"] = {"start": 0, "stop": 0}
        pairs.append((name, document))
    stream = framestore_handlers.load(pairs)["primary"]
    assert firsts(stream["image"]) == [0, 1, 2, 3]
    assert stream.seq_nums.tolist() == [1, 2, 3, 4]


def test_sequence_numbers_that_contradict_the_indices_are_refused(written):
    name, document = written.stream_datum(0, 1, 4)
    document["seq_nums"]["stop"] = 3
    with pytest.raises(ValueError, match="stream_datum document r/0: its indices .* and seq_nums .* differ in number"):
        framestore_handlers.load([*written.first(), (name, document)])
