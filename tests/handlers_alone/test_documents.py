"""Documents in all forms and orders that bluesky, and those who store its documents, give them."""

import random

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import framestore_handlers
import numpy as np
import pytest
from ophyd.sim import motor
from slow import slow

NUMBER = {"source": "s", "dtype": "number", "shape": []}


def start(uid="run"):
    return "start", {"uid": uid, "time": 0.0}


def descriptor(uid="d", run="run", name="primary", **keys):
    return "descriptor", {"uid": uid, "run_start": run, "name": name, "data_keys": keys or {"a": NUMBER}}


def event(seq_num, descriptor="d", **data):
    document = {"uid": f"e{seq_num}", "descriptor": descriptor, "seq_num": seq_num, "time": float(seq_num)}
    return "event", document | {"data": data or {"a": 10 * seq_num}, "timestamps": dict.fromkeys(data or "a", 0.0)}


def page(*seq_nums):
    return "event_page", event_model.pack_event_page(*(event(seq_num)[1] for seq_num in seq_nums))


def primary(*pairs):
    return framestore_handlers.load([start(), descriptor(), *pairs])["primary"]


def test_events_and_pages_may_be_mixed_in_any_order():
    pairs = [event(9), page(3, 4), event(1), page(7), page(2, 8), event(6), event(5)]
    stream = primary(*pairs)
    assert stream["a"].tolist() == [10 * seq_num for seq_num in range(1, 10)]
    assert stream.seq_nums.tolist() == list(range(1, 10))
    assert stream.to_xarray()["time"].values.tolist() == [float(seq_num) for seq_num in range(1, 10)]


def test_events_are_a_sequence_of_documents_whatever_they_came_as():
    events = primary(event(1), page(2, 3), event(4))._parts.events
    expected = [event(seq_num)[1] for seq_num in range(1, 5)]
    assert len(events) == 4
    for number, (given, document) in enumerate(zip(events, expected, strict=True)):
        assert {key: given[key] for key in document} == document
        assert {key: events[number][key] for key in document} == document
    assert [given["uid"] for given in events[1:-1]] == ["e2", "e3"]
    assert events[-1]["uid"] == "e4"
    with pytest.raises(IndexError):
        events[4]


@pytest.mark.parametrize("change", [{"seq_num": [1]}, {"time": [1.0, 2.0, 3.0]}, {"data": {"a": [1]}}, {"uid": []}])
def test_a_page_whose_columns_differ_in_length_is_refused(change):
    name, document = page(1, 2)
    with pytest.raises(ValueError, match="the page that begins with seq_num 1 has [12] rows, but [0123] of"):
        primary((name, document | change))


@pytest.mark.parametrize("field", ["descriptor", "seq_num", "time", "data"])
@pytest.mark.parametrize("kind", ["event_page", "event"])
def test_an_event_that_lacks_a_field_is_named(kind, field):
    name, document = page(1, 2) if kind == "event_page" else event(1)
    del document[field]
    with pytest.raises(ValueError, match=f"{kind.split('_')[0]}.* document .*e1.*'{field}'"):
        primary((name, document)).to_xarray()


@pytest.mark.parametrize("family", ["page", "bulk", "single"])
def test_a_run_of_datums_in_every_form(run_engine, make_camera, source, documents, family):
    run_engine(bp.scan([make_camera(source, documents="datum", frames_per_point=2)], motor, 0, 5, 6), documents)
    datums, events = documents.of("datum"), documents.of("event")
    pairs = [pair for pair in documents if pair[0] not in {"event", "datum", "stop"}]
    (resource,) = documents.of("resource")
    forms = {
        "page": [
            ("datum_page", event_model.pack_datum_page(*datums[:1])),
            ("datum_page", event_model.pack_datum_page(*datums[1:])),
            ("event_page", event_model.pack_event_page(*events)),
        ],
        "bulk": [
            (
                "bulk_datum",
                {
                    "resource": resource["uid"],
                    "datum_ids": [datum["datum_id"] for datum in datums],
                    "datum_kwarg_list": [datum["datum_kwargs"] for datum in datums],
                },
            ),
            ("bulk_events", {documents.of("descriptor")[0]["uid"]: events}),
        ],
        "single": [*(("event", found) for found in events), *(("datum", found) for found in datums)],
    }
    stream = framestore_handlers.load([*pairs, *forms[family]])["primary"]
    expected = np.array([source.expected(k) for k in range(12)]).reshape(6, 2, 5, 7)
    np.testing.assert_array_equal(stream["camera_image"].compute(), expected)
    np.testing.assert_array_equal(stream.read("camera_image", 2, 4), expected[2:4])
    np.testing.assert_array_equal(stream["motor"], np.arange(6.0))


def test_a_datum_page_of_an_unknown_resource_is_named():
    page = {"resource": "r", "datum_id": ["r/0"], "datum_kwargs": {"point_number": [0]}}
    with pytest.raises(ValueError, match="datum_page document .*r/0.*: 'r' is neither"):
        primary(("datum_page", page))


@pytest.mark.parametrize("seed", [0, *slow(1, 2)])
@pytest.mark.parametrize("family", ["stream", "datum"])
def test_documents_may_be_shuffled_behind_what_they_refer_to(run_engine, make_camera, source, documents, family, seed):
    """As by several threads that write into one place: resources before descriptors, stop before events."""
    run_engine(bp.scan([make_camera(source, documents=family)], motor, 0, 5, 6), documents)
    first = [pair for pair in documents if pair[0] == "start"]
    then = [pair for pair in documents if pair[0] in {"descriptor", "resource", "stream_resource"}]
    last = [pair for pair in documents if pair[0] in {"datum", "stream_datum", "event", "stop"}]
    for pairs in (then, last):
        random.Random(seed).shuffle(pairs)  # noqa: S311 - no secret
    run = framestore_handlers.load([*first, *then, *last])
    assert run.stop is not None
    expected = np.array([source.expected(k) for k in range(6)])
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute()[:, 0], expected)
    np.testing.assert_array_equal(run["primary"]["motor"], np.arange(6.0))


def test_a_stream_datum_before_its_descriptor_is_refused():
    place = {"indices": {"start": 0, "stop": 1}, "seq_nums": {"start": 1, "stop": 2}}
    resource = "stream_resource", {"uid": "r", "data_key": "image"}
    datum = "stream_datum", {"uid": "r/0", "stream_resource": "r", "descriptor": "d", **place}
    with pytest.raises(ValueError, match="stream_datum document r/0: 'd' is neither a field of it nor the uid of"):
        framestore_handlers.load([start(), resource, datum, descriptor()])


def test_a_descriptor_without_events():
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
    run = framestore_handlers.load([start(), descriptor(a=NUMBER, image=image)])
    assert len(run["primary"]) == 0
    assert run["primary"]["a"].shape == (0,)
    assert run["primary"]["image"].compute().shape == (0, 1, 2, 3)
    assert run["primary"].read("image").dtype == np.uint16
    assert run["primary"].to_xarray().sizes["event"] == 0


def test_runs_within_runs(run_engine, make_camera, numbered_source, documents):
    """A plan opens a run while another is open; each has its own frames."""
    sources = {name: numbered_source((2, 2)) for name in ("outer", "inner")}
    cameras = {name: make_camera(source, name=name) for name, source in sources.items()}

    def point(name):
        yield from bps.trigger_and_read([cameras[name]])

    @bpp.set_run_key_decorator("inner")
    @bpp.run_decorator(md={"kind": "inner"})
    def inner():
        yield from point("inner")
        yield from point("inner")

    @bpp.stage_decorator(list(cameras.values()))
    @bpp.set_run_key_decorator("outer")
    @bpp.run_decorator(md={"kind": "outer"})
    def outer():
        yield from point("outer")
        yield from inner()
        yield from point("outer")

    run_engine(outer(), documents)
    assert documents.names.index("stop") > documents.names.index("event")
    for document in documents.of("start"):
        name = document["kind"]
        run = framestore_handlers.load(documents, uid=document["uid"])
        images = run["primary"][f"{name}_image"].compute()
        np.testing.assert_array_equal(images[:, 0], [sources[name].expected(k) for k in range(2)])
    uids = {document["kind"]: document["uid"] for document in documents.of("start")}
    *_, last = framestore_handlers.load(documents.pairs, live=True)
    assert last.start["uid"] == uids["outer"], "the first that had not ended"
    assert last.stop is not None


def test_events_that_were_filled_are_refused_with_a_reason(run_engine, make_camera, source, documents):
    run_engine(bp.count([make_camera(source, documents="datum")], 2), documents)
    with event_model.Filler(framestore_handlers.handler_registry, inplace=False) as filler:
        filled = [filler(name, document) for name, document in documents]
    run = framestore_handlers.load(filled)
    with pytest.raises(ValueError, match="event 1: camera_image is .*dask"):
        run["primary"]["camera_image"]
    assert len(run["primary"]["camera_mean"]) == 2
