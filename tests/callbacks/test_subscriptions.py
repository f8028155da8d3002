"""The ways to subscribe a callback, and the documents of the camera that it receives."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks import CallbackBase, CallbackCounter, collector, print_metadata
from bluesky.callbacks.olog import logbook_cb_factory
from bluesky.preprocessors import subs_decorator
from ophyd.sim import motor

NAMES = {
    "stream": ["start", "descriptor", "stream_resource", *["stream_datum", "event"] * 3, "stop"],
    "datum": ["start", "descriptor", "resource", *["datum", "event"] * 3, "stop"],
}
"""What a run of three points consists of."""


class Calls:
    """A callback that notes what it is called with."""

    def __init__(self):
        self.names, self.docs = [], []

    def __call__(self, name, doc):
        self.names.append(name)
        self.docs.append(doc)


def test_second_argument_of_the_run_engine(engine, camera, family):
    calls = Calls()
    engine(bp.count([camera], 3), calls)
    assert calls.names == NAMES[family]
    engine(bp.count([camera], 3))
    assert calls.names == NAMES[family], "it was subscribed for one plan only"


def test_print(engine, camera, capsys, numbers):
    engine(bp.count([camera], 2), print)
    shown = capsys.readouterr().out
    for mean in numbers()["camera_mean"]:
        assert f"'camera_mean': {mean}" in shown


def test_several_at_once(engine, camera, family):
    one, other = Calls(), Calls()
    engine(bp.count([camera], 3), [one, other])
    assert one.names == other.names == NAMES[family]


def test_each_kind_of_document_to_its_callback(engine, camera, numbers):
    measured, stops, every = Calls(), Calls(), Calls()
    engine(bp.count([camera], 3), {"event": measured, "stop": stops})
    assert measured.names == ["event"] * 3
    assert [event["data"]["camera_mean"] for event in measured.docs] == pytest.approx(numbers()["camera_mean"])
    assert stops.names == ["stop"]
    engine(bp.count([camera], 3), {"all": [every], "start": [stops, measured]})
    assert len(every.names) == 10
    assert measured.names[3:] == stops.names[1:] == ["start"]


@pytest.mark.parametrize("number", [0, 1], ids=["resources", "datums"])
def test_documents_that_tell_of_files_have_subscriptions_of_their_own(engine, camera, family, number):
    name = {"stream": ("stream_resource", "stream_datum"), "datum": ("resource", "datum")}[family][number]
    calls = Calls()
    engine.subscribe(calls, name)
    engine(bp.count([camera], 3))
    assert calls.names == [name] * (3 if number else 1)


def test_until_it_is_unsubscribed(engine, camera, family):
    calls = Calls()
    token = engine.subscribe(calls)
    engine(bp.count([camera], 3))
    engine(bp.count([camera], 3))
    engine.unsubscribe(token)
    engine(bp.count([camera], 3))
    assert calls.names == NAMES[family] * 2


def test_through_a_plan(engine, camera, family):
    decorated, called, events = Calls(), Calls(), Calls()

    @subs_decorator(decorated)
    def count():
        yield from bp.count([camera], 3)

    engine(count())
    engine(subs_decorator([called])(count)())
    engine(subs_decorator({"event": [events]})(count)())
    assert decorated.names == NAMES[family] * 3
    assert called.names == NAMES[family]
    assert events.names == ["event"] * 3


def test_a_class_with_a_method_for_some_documents(engine, camera):
    class Last(CallbackBase):
        value = None

        def event(self, doc):
            self.value = doc["data"]["camera_max"]

    last = Last()
    engine(bp.count([camera], 3), last)
    assert last.value == camera.max.get()


def test_a_class_with_a_method_for_every_document(engine, camera, family):
    class All(CallbackBase):
        def __init__(self):
            self.calls = Calls()

        def start(self, doc):
            self.calls("start", doc)

        def descriptor(self, doc):
            self.calls("descriptor", doc)

        def event(self, doc):
            self.calls("event", doc)

        def resource(self, doc):
            self.calls("resource", doc)

        def datum(self, doc):
            self.calls("datum", doc)

        def stream_resource(self, doc):
            self.calls("stream_resource", doc)

        def stream_datum(self, doc):
            self.calls("stream_datum", doc)

        def stop(self, doc):
            self.calls("stop", doc)

    callback = All()
    engine(bp.count([camera], 3), callback)
    assert callback.calls.names == NAMES[family]


def test_frames_can_be_read_by_a_callback_during_the_run(engine, camera):
    class Brightest(CallbackBase):
        """The brightest pixel of each point, by its frames."""

        def __init__(self):
            self.documents, self.values = [], []

        def __call__(self, name, doc, validate=False):  # noqa: FBT002 - bluesky's
            self.documents.append((name, doc))
            return super().__call__(name, doc, validate)

        def event(self, doc):
            run = framestore_handlers.load(self.documents)
            self.values.append((run["primary"].read("camera_image", -1).max(), doc["data"]["camera_max"]))

    brightest = Brightest()
    engine(bp.scan([camera], motor, -5, 5, 4), brightest)
    seen, told = np.array(brightest.values).T
    np.testing.assert_array_equal(seen, told)
    assert len(set(told)) == 4


def test_small_callbacks(engine, camera, capsys, numbers, family):
    means, counter = [], CallbackCounter()
    engine(
        bp.count([camera], 3),
        {"event": collector("camera_mean", means), "all": counter, "start": print_metadata},
    )
    assert means == pytest.approx(numbers()["camera_mean"])
    assert counter.value == len(NAMES[family])
    assert "detectors: ['camera']" in capsys.readouterr().out


def test_logbook_entries(engine, camera):
    entries = []

    def log(**entry):
        entries.append(entry["text"])

    template = "{{ start.plan_name }}: {{ start.detectors }}"
    engine.subscribe(logbook_cb_factory(log, desc_template=template), "start")
    engine(bp.count([camera], 2))
    assert "count: ['camera']" in entries[0]


def test_what_a_callback_raises_ends_the_run_and_leaves_the_camera_in_order(engine, camera, documents, files):
    def flaky(name, doc):
        if doc["seq_num"] == 2:
            raise ValueError("of a callback")

    with pytest.raises(ValueError, match="of a callback"):
        engine(bp.count([camera], 4), {"event": flaky})
    assert documents.of("stop")[0]["exit_status"] == "fail"
    engine(bp.count([camera], 2))
    assert documents.of("stop")[1]["exit_status"] == "success"
    assert len(files()) == 2


def test_what_a_callback_raises_keeps_the_document_from_those_after_it(engine, camera, family):
    before, after = Calls(), Calls()

    def flaky(name, doc):
        if name == "event":
            raise ValueError("of a callback")

    with pytest.raises(ValueError, match="of a callback"):
        engine(bp.count([camera], 4), [before, flaky, after])
    assert before.names == [*NAMES[family][:5], "stop"]
    assert after.names == [*NAMES[family][:4], "stop"]


def test_what_a_callback_raises_can_be_ignored(engine, camera, numbers):
    def flaky(name, doc):
        raise ValueError("of a callback")

    engine.ignore_callback_exceptions = True
    with pytest.warns(UserWarning, match="of a callback"):
        engine(bp.count([camera], 4), {"event": flaky})
    assert len(numbers()["camera_mean"]) == 4
