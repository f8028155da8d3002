"""What verify says of the documents themselves: of what did not come, and of how the run ended."""

import copy

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import framestore_handlers
import pytest
from bluesky.utils import RunEngineInterrupted
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts

from framestore.plans import fly


def without(documents, name, number):
    """The documents without one of those of a name."""
    count = -1
    for pair in documents:
        count += pair[0] == name
        if pair[0] != name or count != number:
            yield pair


def changed(documents, name, **fields):
    return [(kind, {**doc, **fields} if kind == name else doc) for kind, doc in documents]


def found(documents, **kwargs):
    report = framestore_handlers.verify(documents, **kwargs)
    return [(finding.kind, finding.field, finding.frames, finding.events) for finding in report.findings]


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_run_that_did_not_end(take, front):
    taken = take("hdf5", points=2)
    report = framestore_handlers.verify(list(without(taken.documents, "stop", 0)))
    assert report.ok
    (finding,) = report.findings
    assert (finding.kind, finding.stream, finding.fails) == ("note", None, False)
    assert "note: there is no stop document" in str(report)
    assert str(report).startswith(f"run {report.run}: OK")


def test_a_run_that_failed(take):
    taken = take("hdf5", points=2)
    report = framestore_handlers.verify(changed(taken.documents, "stop", exit_status="fail", reason="a motor stalled"))
    assert report.ok
    assert "'fail': a motor stalled" in str(report)


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_an_event_that_did_not_come(take, front):
    taken = take("hdf5", points=4)
    ((kind, field, *_),) = found(list(without(taken.documents, "event", 1)))
    assert (kind, field) == ("documents", None)
    report = framestore_handlers.verify(list(without(taken.documents, "event", 1)))
    assert "counts 4 events, but documents of 3 came; missing: 2" in str(report)
    unended = [pair for pair in without(taken.documents, "event", 1) if pair[0] != "stop"]
    assert "documents of 3 events came, of which the last has number 4; missing: 2" in str(
        framestore_handlers.verify(unended)
    )
    last = [pair for pair in without(taken.documents, "event", 3) if pair[0] != "stop"]
    assert framestore_handlers.verify(last).ok  # nobody can know


def test_a_stream_of_which_no_descriptor_came(take):
    taken = take("hdf5", points=2)
    documents = changed(taken.documents, "stop", num_events={"primary": 2, "dark": 1, "baseline": 0})
    report = framestore_handlers.verify(documents)
    assert [finding.stream for finding in report.findings] == ["dark"]
    assert "dark: documents: the stop document counts 1 events of it" in str(report)


def test_frames_that_documents_do_not_name(take):
    """The frames of the other events are looked at all the same."""
    taken = take("hdf5", points=4)
    documents = list(without(taken.documents, "stream_datum", 1))
    assert found(documents) == [("documents", "camera_image", None, (2, 3))]
    with pytest.raises(ValueError, match="name no frames of 'camera_image' for event 2"):
        framestore_handlers.load(documents)["primary"].read("camera_image")
    taken.files[0].unlink()
    assert found(documents) == [
        ("documents", "camera_image", None, (2, 3)),
        ("missing", "camera_image", (0, 2), (1, 2)),
        ("missing", "camera_image", (4, 8), (3, 5)),
    ]


@fronts(OPHYD_DATUM)
def test_datums_that_did_not_come(take, front):
    taken = take("tiff", points=4)
    documents = list(without(taken.documents, "datum", 1))
    assert found(documents) == [("documents", "camera_image", None, (2, 3))]
    taken.files[6].unlink()
    assert found(documents)[1:] == [("missing", "camera_image", (6, 7), (4, 5))]
    broken = copy.deepcopy(taken.documents)
    next(doc for name, doc in broken if name == "datum")["datum_kwargs"] = {"point_number": "none"}
    ((kind, *_),) = found(broken)
    assert kind == "documents"


@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_resource_that_cannot_be_followed(take, front):
    """Of two files, the other one is looked at."""
    taken = take("hdf5", points=4, rotate_frames=4)
    broken = copy.deepcopy(taken.documents)
    kind, doc = next(pair for pair in broken if pair[0] in {"resource", "stream_resource"})
    doc["mimetype" if kind == "stream_resource" else "spec"] = "something/else"
    assert found(broken) == [("documents", taken.key, (0, 4), (1, 3))]
    assert "something/else" in str(framestore_handlers.verify(broken))
    for file in taken.files:
        file.unlink()
    assert found(broken) == [("documents", taken.key, (0, 4), (1, 3)), ("missing", taken.key, (4, 8), (3, 5))]


def paused_once(camera, points):
    """A count that asks for a pause once, after a point was saved: that point is taken again."""
    paused = []

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def inner():
        for number in range(points):
            yield from bps.checkpoint()
            yield from bps.trigger_and_read([camera])
            if number == 1 and not paused:
                paused.append(True)
                yield from bps.pause()

    return inner()


@pytest.mark.parametrize("name", ["hdf5", "tiff"])
@fronts(OPHYD, OPHYD_DATUM, others=[OPHYD_ASYNC])
def test_a_point_that_was_taken_twice(take, run_engine, make_camera, documents, folder, front, name):
    """The frames of both are promised: documents of both were emitted."""
    camera = make_camera(_source(), format=name, frames_per_point=2, stats=(), hints=())
    with pytest.raises(RunEngineInterrupted):
        run_engine(paused_once(camera, 3), documents)
    run_engine.resume()
    front.unstage(camera)
    seq_nums = [doc["seq_num"] for doc in documents.of("event")]
    assert seq_nums == [1, 2, 2, 3]
    report = framestore_handlers.verify(documents.pairs)
    assert (report.ok, report.frames, report.findings) == (True, 8, ()), str(report)
    for file in folder.iterdir():
        if name == "hdf5" or file.stem.endswith(("_000004", "_000005")):
            file.unlink()
    ((kind, _, frames, events),) = found(documents.pairs)
    assert (kind, frames, events) == ("missing", *(((0, 8), (1, 4)) if name == "hdf5" else ((4, 6), (2, 3))))


def _source():
    from numbered import NumberedSource

    return NumberedSource((8, 16), "uint8")


@fronts(OPHYD, others=[OPHYD_ASYNC])
def test_a_flight_without_events(take, front):
    taken = take("hdf5", plan=fly, points=5)
    assert not [name for name, _ in taken.documents if name.startswith("event")]
    report = framestore_handlers.verify(taken.documents)
    assert (report.ok, report.findings, report.frames) == (True, (), 10)
    documents = [pair for pair in taken.documents if pair[0] != "stream_datum"]
    assert not framestore_handlers.verify(documents).ok
    taken.files[0].unlink()
    assert found(taken.documents) == [("missing", taken.key, (0, 10), (1, 6))]


def test_frames_behind_the_last_event_are_promised_too(take):
    taken = take("tiff", points=4)
    documents = [pair for pair in without(taken.documents, "event", 3) if pair[0] != "stop"]
    taken.files[7].unlink()
    assert found(documents)[1:] == [("missing", "camera_image", (7, 8), (4, 5))]


def test_documents_that_cannot_be_loaded(tmp_path):
    with pytest.raises(ValueError, match="no start document"):
        framestore_handlers.verify([])
    with pytest.raises(FileNotFoundError):
        framestore_handlers.verify(tmp_path / "none.jsonl")


def test_frames_that_stand_in_the_events(take):
    """Documents that somebody filled: there is no file to look at."""
    taken = take("hdf5", points=2)
    image = taken.load()["primary"].read(taken.key)
    documents = copy.deepcopy(taken.documents)
    for name, doc in documents:
        if name == "event":
            doc["data"][taken.key] = image[doc["seq_num"] - 1]
            doc["filled"][taken.key] = True
    documents = [pair for pair in documents if not pair[0].startswith("stream_")]
    for _, doc in documents:
        for key in doc.get("data_keys", ()):
            doc["data_keys"][key]["external"] = "FILESTORE:"
    report = framestore_handlers.verify(documents)
    assert (report.ok, report.frames) == (True, 0), str(report)


def test_a_template_that_leads_out_of_its_folder(take):
    taken = take("tiff", points=2)
    documents = copy.deepcopy(taken.documents)
    next(doc for name, doc in documents if name == "stream_resource")["parameters"]["template"] = "../x_{:06d}.tiff"
    assert found(documents) == [("documents", "camera_image", (0, 4), (1, 3))]


@fronts(OPHYD, OPHYD_DATUM)
def test_two_cameras_in_two_streams(run_engine, make_camera, documents, folder, front):
    """What is said of one says nothing of the others."""
    settings = {"frames_per_point": 2, "stats": (), "hints": ()}
    cameras = [make_camera(_source(), name=name, format=name, **settings) for name in ("hdf5", "tiff")]

    @bpp.stage_decorator(cameras)
    @bpp.run_decorator()
    def points():
        for name in ("dark", "primary", "primary"):
            yield from bps.trigger_and_read(cameras, name=name)

    run_engine(points(), documents)
    report = framestore_handlers.verify(documents.pairs, deep=True)
    counts = {(field.stream, field.field): (field.frames, field.files) for field in report.fields}
    assert counts == {
        ("dark", "hdf5_image"): (2, 1),
        ("dark", "tiff_image"): (2, 2),
        ("primary", "hdf5_image"): (4, 1),
        ("primary", "tiff_image"): (4, 4),
    }
    assert (report.ok, report.frames, report.files) == (True, 12, 8)
    gone = framestore_handlers.load(documents.pairs)["primary"].files("tiff_image")[3]
    gone.unlink()
    report = framestore_handlers.verify(documents.pairs)
    (finding,) = report.findings
    assert (finding.stream, finding.field, finding.path) == ("primary", "tiff_image", gone)
    lines = str(report).splitlines()
    assert [line for line in lines if line.startswith("  ") and "FAILED" in line] == [
        "  primary tiff_image: FAILED; 4 frames in 4 files"
    ]
