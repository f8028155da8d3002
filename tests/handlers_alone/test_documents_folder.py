"""A folder of documents files in place of one."""

import json
import pickle
import shutil
import warnings

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from bluesky.callbacks.json_writer import JSONLinesWriter, JSONWriter
from event_model import RunRouter
from framestore_handlers import NotDocumentsWarning, RepeatedRunWarning, SeveralRunsError


@pytest.fixture
def saved(tmp_path):
    """Where the documents are."""
    place = tmp_path / "documents"
    place.mkdir()
    return place


@pytest.fixture
def runs(run_engine, make_camera, source, saved):
    """Two runs of 2 and 3 frames: one as JSON lines, one as an array; their uids."""
    writers = [JSONLinesWriter(str(saved)), JSONWriter(str(saved))]
    run_engine.subscribe(RunRouter([lambda name, document: ([writers.pop(0)], [])]))
    camera = make_camera(source, documents="datum")
    return [run_engine(bp.count([camera], count)).run_start_uids[0] for count in (2, 3)]


def test_all_files_of_a_folder_are_read(runs, saved, source):
    assert {path.suffix for path in saved.iterdir()} == {".jsonl", ".json"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = [framestore_handlers.load(saved, uid=uid) for uid in runs]
    assert [len(run["primary"]) for run in loaded] == [2, 3]
    frames = np.concatenate([run["primary"].read("camera_image") for run in loaded])
    np.testing.assert_array_equal(frames[:, 0], [source.expected(k) for k in range(5)])


def test_several_runs_are_named_and_at_hand(runs, saved):
    with pytest.raises(SeveralRunsError, match=f"several runs; name one with uid=, .*{runs[1]}") as caught:
        framestore_handlers.load(str(saved))
    assert {start["uid"]: stop["num_events"]["primary"] for start, stop in caught.value.runs} == dict(
        zip(runs, [2, 3], strict=True)
    )
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made just here
    assert (str(again), again.runs) == (str(caught.value), caught.value.runs)


def test_of_very_many_runs_only_the_last_are_named():
    pairs = [("start", {"uid": f"run-{number:03}", "time": 0.0}) for number in range(500)]
    with pytest.raises(SeveralRunsError, match="out of: 490 others, run-490, .*, run-499$"):
        framestore_handlers.load(pairs)


@pytest.mark.parametrize("text", ["{}", "[1, 2]", "{\n", "[", '[{"name": "event", "doc": {}}]', "\x00"])
def test_files_of_something_else_are_named_and_left_out(runs, saved, text):
    (saved / "settings.json").write_text(text)
    (saved / "notes.txt").write_text("of no concern")
    shutil.copytree(saved, saved / "older")
    with pytest.warns(match="settings.json") as caught:
        assert len(framestore_handlers.load(saved, uid=runs[0])["primary"]) == 2
    if text != "[":  # which may be that of a writer that was killed
        (warning,) = caught
        assert warning.category is NotDocumentsWarning
        assert str(warning.message).startswith(f"of {saved}, settings.json left out: ")


def test_a_run_that_is_there_twice(runs, saved):
    shutil.copy(saved / f"{runs[0].split('-')[0]}.jsonl", saved / "zz.jsonl")
    with pytest.warns(RepeatedRunWarning, match=f"run {runs[0]} is in .*jsonl and in zz.jsonl of .*; the latter"):
        assert len(framestore_handlers.load(saved, uid=runs[0])["primary"]) == 2


def test_a_broken_file_is_an_error(runs, saved):
    with (saved / f"{runs[0].split('-')[0]}.jsonl").open("a") as file:
        file.write("not JSON\n" + json.dumps({"name": "stop", "doc": {}}) + "\n")
    with pytest.raises(ValueError, match="jsonl: line [0-9]+ is not a document"):
        framestore_handlers.load(saved, uid=runs[1])


@pytest.mark.parametrize("others", [[], ["a.json", "b.jsonl"]])
def test_a_folder_without_documents(saved, others):
    for name in others:
        (saved / name).write_text('{"a": 1}\n')
    there = "; what a.json, b.jsonl holds are no documents" if others else ""
    with pytest.raises(FileNotFoundError, match=rf"holds no documents file \(.jsonl, .json, .msgpack\){there}"):
        framestore_handlers.load(saved)


def test_a_folder_is_not_watched(saved):
    with pytest.raises(ValueError, match="is a folder: live=True watches one run; name the file"):
        framestore_handlers.load(saved, live=True)
