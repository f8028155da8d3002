"""The newest event of a run that goes on holds the frames that the camera gave at it, and nothing else."""

import json
import warnings

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import framestore_handlers
import numpy as np
import pytest
from bluesky.utils import RunEngineInterrupted
from flying import flown
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import little_memory
from numbered import NumberedSource

from framestore.callbacks import ExportOnStop, post_run, references
from framestore.callbacks.hidden import HiddenDocumentsError
from framestore.callbacks.recent import Recent
from framestore.exporters import export_tiff
from framestore.formats import HDF5

SHAPE = (5, 7)


class Looking:
    """A callback that reads each event's frames as the event comes: (seq_num, frames, mean of the event)."""

    def __init__(self, front, change=lambda doc: doc, **kwargs):
        self.recent = Recent("Looking", **kwargs)
        self.image, self.mean = front.image("camera"), front.number("camera", "mean")
        self.change = change
        self.seen = []

    def __call__(self, name, doc):
        run = self.recent(name, self.change(doc))
        if run is not None:
            (stream,) = (run[name] for name in run.streams)
            mean = stream[self.mean][0] if self.mean in stream else None
            self.seen.append((stream.seq_nums.tolist(), stream.read(self.image), mean))


def through_json(doc):
    return json.loads(json.dumps(doc))


def pause_after_save(camera, at, *, points=4):
    """A count that is paused once, after a point was saved: bluesky emits that point again."""
    paused = []

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for k in range(points):
            yield from bps.checkpoint()
            yield from bps.trigger_and_read([camera])
            if k == at and not paused:
                paused.append(True)
                yield from bps.pause()

    return inner()


@fronts(OPHYD, OPHYD_DATUM, OPHYD_ASYNC)
@pytest.mark.parametrize("change", [lambda doc: doc, through_json], ids=["as they are", "as JSON"])
def test_each_event_has_the_frames_of_its_point(run_engine, make_camera, front, change):
    source = NumberedSource(SHAPE)
    looking = Looking(front, change)
    run_engine(bp.count([make_camera(source, frames_per_point=2)], 3), looking)
    assert [seq_nums for seq_nums, *_ in looking.seen] == [[1], [2], [3]]
    for point, (_, frames, _) in enumerate(looking.seen):
        np.testing.assert_array_equal(frames[0], [source.expected(2 * point + k) for k in range(2)])


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_files_that_are_full_after_some_frames(run_engine, make_camera, front):
    source = NumberedSource(SHAPE)
    looking = Looking(front)
    run_engine(bp.count([make_camera(source, format=HDF5(rotate_frames=3))], 8), looking)
    np.testing.assert_array_equal(
        [frames[0, 0] for _, frames, _ in looking.seen], [source.expected(k) for k in range(8)]
    )


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
def test_a_point_that_is_taken_again(run_engine, make_camera, front):
    source = NumberedSource(SHAPE)
    looking = Looking(front)
    camera = make_camera(source, format=HDF5(rotate_frames=2))
    with pytest.raises(RunEngineInterrupted):
        run_engine(pause_after_save(camera, 2), looking)
    run_engine.resume()
    assert [seq_nums[0] for seq_nums, *_ in looking.seen] == [1, 2, 3, 3, 4]
    for _, frames, mean in looking.seen:
        assert frames.mean() == pytest.approx(mean), "frames of another point"


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_an_event_that_comes_again_without_new_frames_has_those_of_before(run_engine, make_camera, front):
    """The point was triggered before the checkpoint to which bluesky goes back: it is read again, not taken again."""
    source, looking, paused = NumberedSource(SHAPE), Looking(front), []
    camera = make_camera(source)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for k in range(3):
            yield from bps.trigger(camera, wait=True)
            yield from bps.checkpoint()
            yield from bps.create()
            yield from bps.read(camera)
            yield from bps.save()
            if k == 1 and not paused:
                paused.append(True)
                yield from bps.pause()

    with pytest.raises(RunEngineInterrupted):
        run_engine(plan(), looking)
    run_engine.resume()
    assert [seq_nums[0] for seq_nums, *_ in looking.seen] == [1, 2, 2, 3]
    for (_, frames, mean), k in zip(looking.seen, [0, 1, 1, 2], strict=True):
        assert frames.mean() == pytest.approx(mean)
        np.testing.assert_array_equal(frames[0, 0], source.expected(k))


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_fly_scan_is_told_range_by_range(run_engine, make_camera, documents, front):
    source = NumberedSource(SHAPE)
    looking = Looking(front)
    run_engine(flown([make_camera(source, format=HDF5(rotate_frames=4), frames_per_point=2)], 7), [documents, looking])
    assert [n for seq_nums, *_ in looking.seen for n in seq_nums] == list(range(1, 8))
    frames = np.concatenate([frames for _, frames, _ in looking.seen])
    np.testing.assert_array_equal(frames.reshape(-1, *SHAPE), [source.expected(k) for k in range(14)])
    again = Looking(front)
    for name, doc in documents:
        again(name, doc)
    assert [seq_nums for seq_nums, *_ in again.seen] == [seq_nums for seq_nums, *_ in looking.seen]


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_runs_within_runs_are_kept_apart(run_engine, make_camera, front):
    sources = NumberedSource(SHAPE), NumberedSource(SHAPE)
    sources[1].count = 100
    cameras = [make_camera(source) for source in sources]
    looking, runs = Looking(front), []

    @bpp.set_run_key_decorator("inner")
    @bpp.run_decorator()
    def inner():
        yield from bps.trigger_and_read([cameras[1]])

    @bpp.stage_decorator(cameras)
    @bpp.set_run_key_decorator("outer")
    @bpp.run_decorator()
    def outer():
        yield from bps.trigger_and_read([cameras[0]])
        yield from inner()
        yield from bps.trigger_and_read([cameras[0]])

    def note(name, doc):
        if name == "event":
            runs.append(looking.recent.start_of(name, doc)["uid"])

    run_engine(outer(), [looking, note])
    assert runs[0] == runs[2] != runs[1]
    assert [seq_nums[0] for seq_nums, *_ in looking.seen] == [1, 1, 2]
    for (_, frames, mean), (camera, k) in zip(looking.seen, [(0, 0), (1, 100), (0, 1)], strict=True):
        assert frames.mean() == pytest.approx(mean)
        np.testing.assert_array_equal(frames[0, 0], sources[camera].expected(k))


@fronts(OPHYD, OPHYD_DATUM)
def test_pages(run_engine, make_camera, documents, front):
    source = NumberedSource(SHAPE)
    run_engine(bp.count([make_camera(source)], 4), documents)
    pages = [*packed(documents)]
    assert {"event_page", "stream_datum" if front is OPHYD else "datum_page"} <= {name for name, _ in pages}
    recent = Recent()
    runs = [run for pair in pages for run in recent.each(*pair)]
    assert [run["primary"].seq_nums.tolist() for run in runs] == [[1], [2], [3], [4]]
    for k, run in enumerate(runs):
        np.testing.assert_array_equal(run["primary"].read("camera_image")[0, 0], source.expected(k))
    newest = Recent()
    (run,) = (run for pair in pages if (run := newest(*pair)))
    np.testing.assert_array_equal(run["primary"].read("camera_image")[0, 0], source.expected(3))


def packed(pairs):
    """The same documents, datums in one page and events in another before the stop document."""
    pairs = list(pairs)
    for name, doc in pairs:
        if name == "stop":
            datums = [doc for name, doc in pairs if name == "datum"]
            if datums:
                yield "datum_page", event_model.pack_datum_page(*datums)
            yield "event_page", event_model.pack_event_page(*(doc for name, doc in pairs if name == "event"))
        if name not in ("datum", "event"):
            yield name, doc


@fronts(OPHYD, OPHYD_DATUM)
def test_documents_that_are_delivered_twice(run_engine, make_camera, documents, front):
    source = NumberedSource(SHAPE)
    run_engine(bp.count([make_camera(source)], 4), documents)
    pairs = list(documents)
    looking = Looking(front)
    for first in range(0, len(pairs), 3):  # each is delivered again with two before or after it, the stop document too
        for pair in pairs[max(0, first - 2) : first + 3]:
            looking(*pair)
    assert {seq_nums[0] for seq_nums, *_ in looking.seen} == {1, 2, 3, 4}
    for (seq_num,), frames, _ in looking.seen:
        np.testing.assert_array_equal(frames[0, 0], source.expected(seq_num - 1))
    assert not looking.recent.is_open


@fronts(OPHYD, OPHYD_DATUM)
@pytest.mark.parametrize("hides", ["start", "descriptor", "resource", "datum"])
def test_a_subscription_that_hides_what_is_needed_is_refused(run_engine, make_camera, front, hides):
    names = {"resource": ["resource", "stream_resource"], "datum": ["datum", "stream_datum"]}.get(hides, [hides])
    looking = Looking(front)

    def filtered(name, doc):
        if name not in names:
            looking(name, doc)

    with pytest.raises(HiddenDocumentsError, match=rf"Looking got .*never .*{hides}.*RE\.subscribe\(callback\)"):
        run_engine(bp.count([make_camera(NumberedSource(SHAPE))], 1), filtered)


@pytest.mark.parametrize("family", ["stream"])
def test_to_events_alone_is_refused(engine, camera):
    looking = Looking(OPHYD)
    with pytest.raises(HiddenDocumentsError, match="Looking got an event .* but never its descriptor"):
        engine(bp.count([camera], 1), {"event": looking})
    with pytest.raises(HiddenDocumentsError, match="Looking got the stop document of run .*, but never its start"):
        engine(bp.count([camera], 1), {"stop": looking})


@pytest.mark.parametrize("family", ["stream"])
@pytest.mark.parametrize("shown", [("start", "stop"), ("start", "descriptor", "stop")], ids=["bare", "described"])
def test_a_run_of_which_no_event_came_is_refused_when_it_ends(engine, camera, tmp_path, shown):
    for callback in (Looking(OPHYD), ExportOnStop(export_tiff, tmp_path), post_run(print)):
        with pytest.raises(HiddenDocumentsError, match="by which 2 events were taken, but never a descriptor with an"):
            engine(bp.count([camera], 2), dict.fromkeys(shown, callback))
        engine(bp.count([camera], 0), dict.fromkeys(shown, callback))


def test_images_of_another_camera_than_is_looked_at_need_not_be_told_of():
    recent = Recent(field="camera_image")
    told = {"other": {"external": "STREAM:", "shape": [1, 2, 2], "dtype": "array", "source": ""}}
    recent("start", {"uid": "r", "time": 0.0})
    recent("descriptor", {"uid": "d", "run_start": "r", "name": "primary", "data_keys": told, "time": 0.0})
    event = {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "data": {}, "timestamps": {}}
    assert recent("event", event)["primary"].seq_nums.tolist() == [1]


def test_images_within_the_events_keep_their_dtype_as_json():
    recent = Recent()
    image = np.arange(6, dtype="uint16").reshape(2, 3)
    keys = {"image": {"dtype": "array", "dtype_numpy": "<u2", "shape": [2, 3], "source": ""}}
    recent("start", {"uid": "r", "time": 0.0})
    recent("descriptor", {"uid": "d", "run_start": "r", "name": "primary", "data_keys": keys, "time": 0.0})
    event = {"uid": "e", "descriptor": "d", "seq_num": 1, "time": 0.0, "data": {"image": image.tolist()}}
    found = recent("event", event | {"timestamps": {}})["primary"]["image"]
    assert found.dtype == "uint16"
    np.testing.assert_array_equal(found, [image])


def synthetic(events, family):
    """Documents of a run whose camera begins a new file at each event; no file is there."""
    external = "STREAM:" if family == "stream" else "FILESTORE:"
    key = {"external": external, "shape": [1, 4, 4], "dtype": "array", "dtype_numpy": "<u2", "source": ""}
    yield "start", {"uid": "run", "time": 0.0}
    yield "descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": key}, "time": 0.0}
    for k in range(events):
        yield from (streamed if family == "stream" else referred)(f"r{k}", k)
        data = {} if family == "stream" else {"image": f"r{k}/0"}
        event = {"uid": f"e{k}", "descriptor": "d", "seq_num": k + 1, "time": 0.0}
        yield "event", event | {"data": data, "timestamps": {}}


def streamed(uid, k):
    where = {"mimetype": "application/x-hdf5", "uri": f"file://localhost/data/{uid}.h5", "data_key": "image"}
    parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 4, 4]}
    yield "stream_resource", {"uid": uid, "run_start": "run", "parameters": parameters, **where}
    ranges = {"indices": {"start": k, "stop": k + 1}, "seq_nums": {"start": k + 1, "stop": k + 2}}
    yield "stream_datum", {"uid": f"{uid}/0", "stream_resource": uid, "descriptor": "d", **ranges}


def referred(uid, k):
    where = {"spec": "AD_HDF5", "root": "/", "resource_path": f"data/{uid}.h5", "path_semantics": "posix"}
    yield "resource", {"uid": uid, "resource_kwargs": {"frame_per_point": 1}, **where}
    yield "datum", {"datum_id": f"{uid}/0", "resource": uid, "datum_kwargs": {"point_number": 0}}


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_what_is_kept_does_not_grow_with_the_run(family, monkeypatch):
    monkeypatch.setattr(references, "_RESOURCES", 100)  # 2048 in fact: the test would take longer
    recent = Recent()
    pairs = synthetic(1000, family)
    for _ in range(600):  # what grows to its limit, and modules that are imported
        recent(*next(pairs))
    with little_memory(2**19):  # 800 events more are 2 MB of documents
        for pair in pairs:
            run = recent(*pair)
    (path,) = run["primary"].files("image")
    assert path.name == "r999.h5"


def test_runs_of_engines_that_were_killed_are_forgotten_and_told_of(caplog):
    recent = Recent("Looking")
    for k in range(20):
        recent("start", {"uid": f"r{k}", "time": 0.0})
        descriptor = {"uid": f"d{k}", "run_start": f"r{k}", "name": "primary", "data_keys": {"x": {}}, "time": 0.0}
        recent("descriptor", descriptor)
    assert [start["uid"] for start in recent.starts] == [f"r{k}" for k in range(4, 20)]
    assert "Looking forgets run r3: 16 runs began after it" in caplog.text
    event = {"uid": "e", "seq_num": 1, "time": 0.0, "data": {"x": 1}, "timestamps": {"x": 0.0}}
    assert recent("event", event | {"descriptor": "d3"}) is None
    assert recent("event", event | {"descriptor": "d4"}).start["uid"] == "r4"


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_recorded_documents_can_come_again(family):
    recent = Recent()
    for _ in range(2):
        found = [run for pair in synthetic(3, family) if (run := recent(*pair))]
        assert [run["primary"].seq_nums.tolist() for run in found] == [[1], [2], [3]]
        assert [run["primary"].files("image")[0].name for run in found] == ["r0.h5", "r1.h5", "r2.h5"]
        recent("stop", {"uid": "s", "run_start": "run", "time": 0.0})
        recent("stop", {"uid": "s", "run_start": "run", "time": 0.0})


@pytest.mark.parametrize("is_twice", [False, True], ids=["once", "delivered twice"])
def test_frames_of_a_fly_scan_after_a_pause_have_numbers_of_their_own(is_twice):
    """bluesky counts again from the last checkpoint on; the frames are others."""
    pairs = [pair for pair in synthetic(1, "stream") if pair[0] != "event"]
    (_, announced) = pairs.pop()
    for k, (index, seq_num, length) in enumerate([(0, 1, 3), (3, 4, 2), (5, 3, 3), (8, 6, 1)]):
        ranges = {
            "indices": {"start": index, "stop": index + length},
            "seq_nums": {"start": seq_num, "stop": seq_num + length},
        }
        pairs += [("stream_datum", announced | {"uid": f"t{k}"} | ranges)] * (1 + is_twice)
    pairs.append(("stop", {"uid": "s", "run_start": "run", "time": 0.0}))
    recent = Recent()
    runs = [run for pair in pairs for run in recent.each(*pair)]
    whole = framestore_handlers.load(list({doc["uid"]: (name, doc) for name, doc in pairs}.values()))["primary"]
    assert [n for run in runs for n in run["primary"].seq_nums.tolist()] == whole.seq_nums.tolist() == [*range(1, 10)]
    rows = [(part.first, part.events) for run in runs for part in run["primary"].frames("image").segments]
    assert rows == [(0, 3), (3, 2), (5, 3), (8, 1)]


POINTS = st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(POINTS, st.integers(0, 3))
def test_where_the_frames_are_is_what_load_says_of_all_documents(points, skipped):
    """Points of two streams, in files that are full at any time; some are taken again, some read again."""
    pairs = list(made_up(points, skipped))
    recent, all_of_it = Recent(), []
    for name, doc in pairs:
        all_of_it.append((name, doc))
        run = recent(name, doc)
        if run is not None:
            (stream,) = run.streams
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of frames that were skipped
                whole = framestore_handlers.load(all_of_it)[stream]
                row = whole.seq_nums.tolist().index(doc["seq_num"])
                (expected,) = whole.frames("image").part(row, row + 1, "").segments
            (found,) = run[stream].frames("image").segments
            assert (found.file, found.first) == (expected.file, expected.first)


def made_up(points, skipped):
    key = {"external": "STREAM:", "shape": [2, 4, 4], "dtype": "array", "dtype_numpy": "<u2", "source": ""}
    yield "start", {"uid": "run", "time": 0.0}
    for name in ("s0", "s1"):
        keys = {"image": key, "x": {"dtype": "number", "shape": [], "source": ""}}
        yield "descriptor", {"uid": name, "run_start": "run", "name": name, "data_keys": keys, "time": 0.0}
    index, seq_num, files = {"s0": skipped, "s1": 0}, {"s0": 0, "s1": 0}, {}
    for k, (number, is_new_file, is_again, has_frames) in enumerate(points):
        stream = f"s{number}"
        if is_new_file or stream not in files:
            files[stream] = f"r{k}"
            where = {"mimetype": "application/x-hdf5", "uri": f"file://localhost/data/r{k}.h5", "data_key": "image"}
            parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 2, 4, 4]}
            yield "stream_resource", {"uid": f"r{k}", "run_start": "run", "parameters": parameters, **where}
        again = is_again and seq_num[stream] > 0
        seq_num[stream] += not again
        if not again or has_frames:
            ranges = {
                "indices": {"start": index[stream], "stop": index[stream] + 1},
                "seq_nums": {"start": seq_num[stream], "stop": seq_num[stream] + 1},
            }
            yield "stream_datum", {"uid": f"t{k}", "stream_resource": files[stream], "descriptor": stream, **ranges}
            index[stream] += 1
        event = {"uid": f"e{k}", "descriptor": stream, "seq_num": seq_num[stream], "time": 0.0}
        yield "event", event | {"data": {"x": k}, "timestamps": {"x": 0.0}}
