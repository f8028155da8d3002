"""What is done with a run when it has ended gets all of it; what fails is told of, and does not stop anybody."""

import logging
import re
import weakref
from dataclasses import dataclass
from functools import partial

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from bluesky.callbacks import LiveTable
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from numbered import NumberedSource
from ophyd.sim import det, motor

from framestore.callbacks import HiddenDocumentsError, post_run


@pytest.fixture
def family():
    """Of the documents, where it makes no difference."""
    return "stream"


@dataclass
class Report:
    """What a check returns."""

    ok: bool

    def __str__(self):
        return "all is well" if self.ok else "a file is gone:\n/data/a.h5"


def means(key):
    """A function of a run."""

    def of(run):
        (stream,) = (run[name] for name in run)
        return stream.read(key).mean(axis=(1, 2, 3)).tolist()

    return of


@fronts(OPHYD, OPHYD_DATUM, OPHYD_ASYNC)
def test_a_function_of_a_run_gets_the_whole_run(run_engine, make_camera, front):
    source = NumberedSource()
    after = post_run(means(front.image("camera")))
    run_engine(bp.count([make_camera(source)], 3), after)
    assert after.result == [source.expected(k).mean() for k in range(3)]
    assert not after.errors


def test_a_function_of_documents_gets_them_in_their_order_and_only_then(engine, camera, documents):
    came, before = [], []

    def callback(name, doc):
        came.append((name, doc))

    after = post_run(callback)
    engine(bp.count([camera], 3), {"all": [after], "event": [lambda name, doc: before.append(len(came))]})
    assert came == list(documents)
    assert before == [0, 0, 0]


def test_bluesky_s_own_callbacks(engine, camera, capsys):
    engine(bp.scan([camera], motor, 0, 1, 3), post_run(LiveTable(["motor", "camera_mean"])))
    shown = capsys.readouterr().out
    assert re.findall(r"^\|\s+(\d) \|", shown, re.MULTILINE) == ["1", "2", "3"]


def test_print_gets_documents(engine, camera, capsys):
    engine(bp.count([camera], 1), post_run(print))
    assert capsys.readouterr().out.count("start {") == 1


@fronts(OPHYD, OPHYD_DATUM, OPHYD_ASYNC)
def test_events_can_have_the_frames_in_them(run_engine, make_camera, front):
    source, events = NumberedSource(), []

    def callback(name, doc):
        if name == "event":
            events.append(doc)

    run_engine(bp.count([make_camera(source, frames_per_point=2)], 3), post_run(callback, fill=True))
    key = front.image("camera")
    for point, event in enumerate(events):
        np.testing.assert_array_equal(event["data"][key], [source.expected(2 * point + k) for k in range(2)])
        assert event["filled"][key]
    assert [event["seq_num"] for event in events] == [1, 2, 3]


def test_runs_within_runs(engine, camera):
    after = []

    @bpp.set_run_key_decorator("inner")
    @bpp.run_decorator(md={"which": "inner"})
    def inner():
        yield from bps.trigger_and_read([camera])

    @bpp.stage_decorator([camera])
    @bpp.set_run_key_decorator("outer")
    @bpp.run_decorator(md={"which": "outer"})
    def outer():
        yield from bps.trigger_and_read([det])
        yield from inner()
        yield from bps.trigger_and_read([det])

    engine(outer(), post_run(lambda run: after.append((run.start["which"], len(run["primary"])))))
    assert after == [("inner", 1), ("outer", 2)]


def test_a_report_that_is_not_ok_is_told_of_and_the_run_goes_on(engine, camera, capsys, caplog, documents):
    after = post_run(lambda run: Report(ok=False))
    engine(bp.count([camera], 1, md={"scan_id": 7}), after)
    uid = documents.of("start")[0]["uid"]
    told = "CheckFailedError: a file is gone:"
    failed = (
        f"post_run(<lambda>) failed once in run {uid} (scan 7); the run was not affected:\n  {told}\n    /data/a.h5\n"
    )
    assert failed in capsys.readouterr().err
    assert [record.levelname for record in caplog.records if told in record.getMessage()] == ["ERROR"]
    (error,) = after.errors
    assert error.report == Report(ok=False)
    assert documents.of("stop")[0]["exit_status"] == "success"
    engine(bp.count([det], 1), after)
    assert len(after.errors) == 1, "of this run, not of the one before"


def test_one_that_is_ok_is_not(engine, camera, capsys):
    after = post_run(lambda run: Report(ok=True))
    engine(bp.count([camera], 1), after)
    assert after.result == Report(ok=True)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("callback", [lambda run: 1 / 0, lambda name, doc: 1 / 0], ids=["of a run", "of documents"])
def test_what_it_raises_can_be_raised(engine, camera, callback):
    with pytest.raises(ZeroDivisionError) as raised:
        engine(bp.count([camera], 1), post_run(callback, on_error="raise"))
    assert "post_run(<lambda>), run" in raised.value.__notes__[0]


def test_an_error_that_is_told_of_does_not_hold_the_frames(engine, camera):
    held = []

    def failing(run):
        frames = run["primary"].read("camera_image")
        held.append(weakref.ref(frames))
        try:
            1 / int(0 * frames.sum())
        except ArithmeticError as error:
            raise ValueError("told of") from error

    after = post_run(failing)
    engine(bp.count([camera], 1), after)
    (error,) = after.errors
    assert error.__traceback__ is not None
    assert held[0]() is None


def test_what_comes_twice_is_handed_on_once(engine, camera, documents):
    engine(bp.count([camera], 3))
    pairs, came = list(documents), []
    after = post_run(lambda name, doc: came.append((name, doc)))
    for first in range(0, len(pairs), 3):
        for pair in pairs[max(0, first - 2) : first + 3]:
            after(*pair)
    after(*pairs[-1])
    assert came == pairs


def test_to_the_stop_document_alone_it_is_refused_without_a_broker(engine, camera):
    with pytest.raises(HiddenDocumentsError, match=r"post_run\(<lambda>\) got a document 'stop' .*RE\.subscribe"):
        engine(bp.count([camera], 1), {"stop": post_run(lambda run: None)})


@fronts(OPHYD, OPHYD_DATUM)
@pytest.mark.parametrize("hides", ["resource", "datum"])
def test_without_what_tells_of_the_frames_it_is_refused(run_engine, make_camera, front, hides):
    after = post_run(lambda run: None)

    def filtered(name, doc):
        if hides not in name:
            after(name, doc)

    with pytest.raises(HiddenDocumentsError, match=hides):
        run_engine(bp.count([make_camera(NumberedSource())], 1), filtered)


def test_functions_that_take_neither():
    def three(name, doc, db): ...

    with pytest.raises(TypeError, match=r"or of the name of a document and the document, not three\(name, doc, db\)"):
        post_run(three)
    with pytest.raises(ValueError, match="on_error must be 'report' or 'raise', not 'ignore'"):
        post_run(print, on_error="ignore")
    assert post_run(partial(lambda run, deep: deep, deep=True))


class Broker:
    """The least of a broker: documents of the runs that it was told of, maybe all but the stop document."""

    def __init__(self, documents, lacks=()):
        self.documents_, self.lacks, self.fill = documents, lacks, None

    def __getitem__(self, uid):
        assert self.documents_.of("start")[-1]["uid"] == uid
        return self

    def documents(self, fill):
        self.fill = fill
        return [pair for pair in self.documents_ if pair[0] not in self.lacks]


@pytest.mark.parametrize("lacks", [(), ("stop",)], ids=["all", "not yet the stop document"])
def test_with_a_broker_the_stop_document_is_enough(engine, camera, documents, lacks):
    came, uids = [], []
    broker = Broker(documents, lacks)
    after = post_run(lambda name, doc: came.append((name, doc)), broker, fill=True)
    of_a_run = post_run(lambda run: uids.append((run.start["uid"], run.stop["uid"])), broker)
    engine(bp.count([camera], 2), {"stop": [after, of_a_run]})
    assert came == list(documents)
    assert uids == [(documents.of("start")[0]["uid"], documents.of("stop")[0]["uid"])]
    assert broker.fill is False


def test_a_broker_that_fails_is_told_of(engine, camera, caplog, capsys):
    with caplog.at_level(logging.ERROR):
        engine(bp.count([camera], 1), {"stop": post_run(lambda run: None, {})})
    assert "KeyError" in capsys.readouterr().err
