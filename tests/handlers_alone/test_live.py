"""``load(live=True)``: a run as it comes, each time as far as it had come."""

import itertools
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import bluesky.plans as bp
import framestore_handlers
import msgpack
import numpy as np
import pytest
from bluesky.callbacks.json_writer import JSONLinesWriter, JSONWriter
from slow import slow
from ways import WAYS

SHORT = 0.01
"""Seconds between looks at a file."""

NUMBER = {"source": "s", "dtype": "number", "shape": []}
IMAGE = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}


def start(uid="run"):
    return "start", {"uid": uid, "time": 0.0}


def stop(uid="run"):
    return "stop", {"uid": f"stop of {uid}", "run_start": uid, "time": 9.0, "exit_status": "success"}


def descriptor(uid="d", run="run", **keys):
    return "descriptor", {"uid": uid, "run_start": run, "name": "primary", "data_keys": keys or {"a": NUMBER}}


def event(seq_num, descriptor="d", **data):
    document = {"uid": f"e{seq_num}", "descriptor": descriptor, "seq_num": seq_num, "time": float(seq_num)}
    return "event", document | {"data": data or {"a": 10 * seq_num}}


def stream_resource():
    parameters = {"dataset": "/entry/data/data", "chunk_shape": [1, 1, 2, 3]}
    document = {"uid": "r", "data_key": "image", "mimetype": "application/x-hdf5", "parameters": parameters}
    return "stream_resource", document | {"uri": "file://localhost/nowhere/a.h5"}


def stream_datum(index):
    place = {"indices": {"start": index, "stop": index + 1}, "seq_nums": {"start": index + 1, "stop": index + 2}}
    return "stream_datum", {"uid": f"r/{index}", "stream_resource": "r", "descriptor": "d", **place}


RUN = [start(), descriptor(), event(1), event(2), event(3), stop()]


def as_line(pair):
    return json.dumps({"name": pair[0], "doc": pair[1]}) + "\n"


def as_item(pair):
    """As JSONWriter has it."""
    line = as_line(pair)
    return {"start": f"[\n{line[:-1]},\n", "stop": f"{line}]"}.get(pair[0], f"{line[:-1]},\n")


ENCODED = {
    "jsonl": lambda pair: as_line(pair).encode(),
    "json": lambda pair: as_item(pair).encode(),
    "msgpack": lambda pair: msgpack.packb(list(pair)),
}


def values(run):
    return run["primary"]["a"].tolist() if "primary" in run else None


def watch(documents, **settings):
    return framestore_handlers.load(documents, live=True, **{"poll": SHORT, "timeout": 60} | settings)


class File:
    """A documents file that grows when it is told to."""

    def __init__(self, path):
        self.path = path
        self.encode = ENCODED[path.suffix[1:]]
        path.write_bytes(b"")

    def add(self, *pairs):
        self.add_bytes(b"".join(map(self.encode, pairs)))

    def add_bytes(self, data):
        with self.path.open("ab") as file:
            file.write(data)


@pytest.fixture(params=list(ENCODED))
def file(request, tmp_path):
    return File(tmp_path / f"run.{request.param}")


def test_each_snapshot_has_what_had_come_and_keeps_it(file):
    file.add(*RUN[:2])
    with watch(file.path) as runs:
        seen = [next(runs)]
        for pair in RUN[2:]:
            file.add(pair)
            seen.append(next(runs))
        assert list(runs) == [], "it ends with the run"
    assert [run.stop is None for run in seen] == [True, True, True, True, False]
    assert [values(run) for run in seen] == [[], [10], [10, 20], [10, 20, 30], [10, 20, 30]]
    assert [len(run["primary"]) for run in seen] == [0, 1, 2, 3, 3]
    assert seen[2]["primary"].to_xarray()["time"].values.tolist() == [1.0, 2.0]


def test_a_file_is_the_same_byte_by_byte(file):
    """What is not whole is waited for, and never reported as cut off."""
    whole = b"".join(map(file.encode, RUN))
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs = watch(file.path)
        for byte in whole:
            file.add_bytes(bytes([byte]))
            seen += news(runs)
        seen += runs
    assert [values(run) for run in seen] == [None, [], [10], [10, 20], [10, 20, 30], [10, 20, 30]]
    assert seen[-1].stop == RUN[-1][1]


def news(runs):
    """What there is now, without waiting."""
    runs._collect()
    run = runs._next()
    return [] if run is None else [run]


def test_a_run_that_has_ended_is_given_once(file):
    file.add(*RUN)
    (run,) = watch(file.path)
    assert values(run) == [10, 20, 30]
    assert run.stop == RUN[-1][1]


def test_a_last_line_without_an_end_is_whole_when_its_document_is(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("".join(map(as_line, RUN)).rstrip())
    assert [values(run) for run in watch(path)] == [[10, 20, 30]]


def test_byte_order_marks_and_windows_line_ends(tmp_path):
    for suffix, encode in (("jsonl", as_line), ("json", as_item)):
        path = tmp_path / f"run.{suffix}"
        path.write_bytes(b"\xef\xbb\xbf" + "".join(map(encode, RUN)).replace("\n", "\r\n").encode())
        assert [values(run) for run in watch(path)] == [[10, 20, 30]]


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_array_that_cannot_be_watched_is_refused(tmp_path, end):
    path = tmp_path / "run.json"
    path.write_text(json.dumps([{"name": name, "doc": document} for name, document in RUN]) + end)
    with pytest.raises(ValueError, match="is not an array with a line for each document, so it cannot be watched"):
        next(watch(path))
    assert values(framestore_handlers.load(path)) == [10, 20, 30]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.with_name("other").replace(path), "was replaced by another file while it was watched"),
        (lambda path: os.truncate(path, 20), "became shorter: .* bytes were read of it, now it has 20"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b"run", b"old") * 2), "was written anew"),
    ],
    ids=["replaced", "shorter", "anew"],
)
def test_a_file_that_is_not_written_on_is_an_error(file, change, message):
    file.add(*RUN[:3])
    file.path.with_name("other").write_bytes(file.path.read_bytes() + file.encode(RUN[3]))
    runs = watch(file.path)
    next(runs)
    change(file.path)
    with pytest.raises(OSError, match=f"{re.escape(str(file.path))} {message}"):
        next(runs)
    assert list(runs) == []


def test_a_file_that_is_removed_is_an_error(file):
    file.add(*RUN[:3])
    runs = watch(file.path)
    next(runs)
    file.path.unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(str(file.path))):
        next(runs)


def test_a_file_that_is_not_there_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.jsonl"):
        watch(tmp_path / "nowhere.jsonl")


def test_a_broken_document_is_named(file):
    file.add(*RUN[:3])
    file.add(("event", {"uid": "broken", "descriptor": "other"}))
    with pytest.raises(ValueError, match="event document broken: 'other' is neither a field of it nor"):
        next(watch(file.path))


@pytest.mark.parametrize(("suffix", "number"), [("jsonl", 3), ("json", 4)])
def test_a_broken_line_is_named(tmp_path, suffix, number):
    file = File(tmp_path / f"run.{suffix}")
    file.add(*RUN[:2])
    file.add_bytes(b'{"name": "event", "doc": {"se\n')
    with pytest.raises(ValueError, match=f"run.{suffix}: line {number} is not a document"):
        next(watch(file.path))


def test_a_line_that_is_nested_without_end_is_named(tmp_path):
    file = File(tmp_path / "run.jsonl")
    file.add(*RUN[:2])
    file.add_bytes(b'{"a":' * 100_000 + b"}")
    runs = watch(file.path)
    assert values(next(runs)) == []  # the end of the line may be still to come
    file.add_bytes(b"\n")
    with pytest.raises(ValueError, match=r"run\.jsonl: line 3 is not a document"):
        next(runs)


def test_when_no_more_comes_the_last_document_is_named(file):
    file.add(*RUN[:4])
    runs = watch(file.path, timeout=5 * SHORT)
    assert values(next(runs)) == [10, 20]
    with pytest.raises(TimeoutError) as error:
        next(runs)
    for words in ("run, which has no stop document", str(file.path), "for 0.05 s", "event e2", "was its writer killed"):
        assert words in str(error.value)
    assert list(runs) == []


@pytest.mark.parametrize("uid", [None, "ru"])
def test_when_no_run_begins(file, uid):
    with pytest.raises(TimeoutError, match="nothing new of a run came|nothing new of run ru"):
        next(watch(file.path, timeout=SHORT, uid=uid))


def test_news_of_another_run_are_no_news(tmp_path):
    file = File(tmp_path / "run.jsonl")
    file.add(*RUN[:3], start("other"))
    runs = watch(file.path, timeout=5 * SHORT)
    next(runs)
    file.add(descriptor("o", "other"))
    with pytest.raises(TimeoutError, match="the last document was descriptor o"):
        next(runs)


@pytest.mark.parametrize(
    ("uid", "expected"), [(None, "second"), ("first", "first"), ("sec", "second"), ("third", "third")]
)
def test_which_of_several_runs(tmp_path, uid, expected):
    file = File(tmp_path / "day.jsonl")
    file.add(start("first"), stop("first"), start("second"))
    runs = watch(file.path, uid=uid)
    if uid == "third":
        file.add(start("third"))
    assert next(runs).start["uid"] == expected
    file.add(start("fourth"), stop(expected))
    assert [run.start["uid"] for run in runs] == ([] if uid == "first" else [expected])


def test_runs_that_all_ended_need_a_uid(tmp_path):
    file = File(tmp_path / "day.jsonl")
    file.add(start("first"), stop("first"), start("second"), stop("second"))
    with pytest.raises(ValueError, match="has several runs, all ended; name one with uid=, out of: first, second"):
        next(watch(file.path))
    with pytest.raises(ValueError, match="several runs, whose uid begins with ''"):
        next(watch(file.path, uid=""))


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_iterable_gives_a_snapshot_for_each_document_that_shows(timeout):
    pairs = [start(), descriptor(image=IMAGE, a=NUMBER), stream_resource(), stream_datum(0), event(1), stop()]
    seen = [
        (run["primary"]["image"].shape[0], values(run)) if "primary" in run else None
        for run in watch(iter(pairs), timeout=timeout)
    ]
    assert seen == [None, (0, []), (1, []), (1, [10]), (1, [10])]


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_iterable_that_ends_without_a_stop(timeout):
    seen = list(watch(RUN[:3], timeout=timeout))
    assert [values(run) for run in seen] == [None, [], [10]]
    assert seen[-1].stop is None
    for uid, message in ((None, "had no start document"), ("x", "had no run whose uid begins with 'x'")):
        with pytest.raises(ValueError, match=message):
            next(watch([] if uid is None else RUN, uid=uid, timeout=timeout))


@pytest.mark.parametrize("timeout", [None, 60])
def test_what_an_iterable_raises_is_raised(timeout):
    def documents():
        yield from RUN[:2]
        msg = "the queue broke"
        raise ConnectionError(msg)

    runs = watch(documents(), timeout=timeout)
    assert values(next(runs)) is None
    assert values(next(runs)) == []
    with pytest.raises(ConnectionError, match="the queue broke"):
        next(runs)
    assert list(runs) == []


def test_an_iterable_that_waits_for_ever_is_not_waited_for_longer():
    came = queue.Queue()
    for pair in RUN[:3]:
        came.put(pair)
    runs = watch(iter(came.get, None), timeout=0.2)
    assert [values(next(runs)) for _ in range(3)] == [None, [], [10]]
    with pytest.raises(TimeoutError, match="from the iterable for 0.2 s; the last document was event e1"):
        next(runs)
    thread = next(thread for thread in threading.enumerate() if thread.name == "load(live=True)")
    came.put(RUN[3])
    thread.join(60)
    assert not thread.is_alive(), "it ends as soon as the iterable gives something"


def test_events_whose_frames_are_still_to_come_are_left_out():
    """bluesky may emit an event before its stream_datum."""
    head = [start(), descriptor(image=IMAGE, a=NUMBER), stream_resource()]
    pairs = [*head, event(1), stream_datum(0), event(2), stop()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = list(watch(pairs))
        for run, frames, numbers in zip(seen[1:5], (0, 0, 1, 1), (0, 1, 1, 2), strict=True):
            assert run["primary"]["image"].shape == (frames, 1, 2, 3)
            assert len(run["primary"]["a"]) == numbers
            assert run["primary"].to_xarray().sizes["event"] == min(frames, numbers)
    with pytest.raises(ValueError, match="the documents name no frames of 'image' for event 2"):
        seen[5]["primary"]["image"]


def test_an_event_in_the_middle_without_frames_is_an_error_at_once():
    second = stream_datum(2)
    pairs = [start(), descriptor(image=IMAGE, a=NUMBER), stream_resource(), stream_datum(0), event(1), event(2), second]
    *_, last = watch(pairs)
    with pytest.raises(ValueError, match="no frames of 'image' for event 2"):
        last["primary"]["image"]


def test_closing_ends_a_loop_in_another_thread(file):
    file.add(*RUN[:3])
    runs = watch(file.path, poll=600, timeout=None)
    seen, looked = [], threading.Event()

    def loop():
        for run in runs:
            seen.append(values(run))
            looked.set()

    thread = threading.Thread(target=loop)
    thread.start()
    assert looked.wait(60)
    runs.close()
    thread.join(60)
    assert not thread.is_alive()
    assert seen == [[10]]


def test_closing_ends_a_loop_over_an_iterable_in_another_thread():
    came = queue.Queue()
    came.put(RUN[0])
    runs = watch(iter(came.get, None), poll=600, timeout=600)
    looked = threading.Event()
    thread = threading.Thread(target=lambda: [looked.set() for _ in runs])
    thread.start()
    assert looked.wait(60)
    runs.close()
    thread.join(60)
    assert not thread.is_alive()
    came.put(None)


CODE = """
import signal, sys, threading, framestore_handlers
def interrupt():
    input()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    input()
threading.Thread(target=interrupt, daemon=True).start()
try:
    for run in framestore_handlers.load(sys.argv[1], live=True, poll=600):
        print("seen", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("wakes_it", [True, False])
def test_waiting_can_be_interrupted(tmp_path, wakes_it):
    """A signal does not wake the main thread up that comes just before it goes to sleep, or to another thread."""
    file = File(tmp_path / "run.jsonl")
    file.add(*RUN[:3])
    command = [sys.executable, "-c", CODE, file.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "seen\n"
            if wakes_it:
                process.send_signal(signal.SIGINT)
            else:
                time.sleep(0.5)  # until it sleeps
                process.stdin.write("\n")
                process.stdin.flush()
            assert process.stdout.readline() == "interrupted\n"
        finally:
            process.kill()


def test_settings_are_checked(file):
    for settings, message in (
        ({"poll": 0}, "poll must be more than 0 seconds, not 0"),
        ({"timeout": -1}, "timeout must be more than 0 seconds, not -1"),
        ({"poll": float("nan")}, "poll must be more than 0 seconds, not nan"),
        ({"repeats": "x"}, "repeats must be"),
    ):
        with pytest.raises(ValueError, match=message):
            watch(file.path, **settings)
    with pytest.raises(ValueError, match="timeout=3 is for live=True"):
        framestore_handlers.load(file.path, timeout=3)
    with pytest.raises(TypeError, match="documents must be a file or an iterable"):
        next(watch(3))
    with pytest.raises(ValueError, match="cannot tell the kind of documents file from '.txt'"):
        watch("a.txt")


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_a_snapshot_takes_no_longer_when_there_is_more(family):
    """Ten times the events take about ten times the steps, not a hundred times: counted, as a clock would not tell."""

    def steps(count):
        counted = 0

        def count_calls(frame, what, argument):
            nonlocal counted
            counted += what in {"call", "c_call"}

        pairs = itertools.chain(RUN[:2], map(event, range(1, count + 1)))
        if family == "stream":
            head = [start(), descriptor(image=IMAGE), stream_resource()]
            pairs = itertools.chain(head, map(stream_datum, range(count)))
        pairs = list(pairs)
        sys.setprofile(count_calls)
        try:
            for _ in watch(pairs, timeout=None):
                pass
        finally:
            sys.setprofile(None)
        return counted

    assert steps(2000) < 11 * steps(200)


@pytest.mark.parametrize("kind", ["jsonl", "json"])
@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize("name", ["hdf5", *slow("tiff", "zarr")])
def test_a_camera_is_watched_while_it_writes(
    run_engine, make_camera, numbered_source, tmp_path, documents, name, family, kind
):
    """The frames of each snapshot are read in another thread, while the camera takes the next ones."""
    way = WAYS[name](numbered_source((8, 16), "uint8"))
    writer = (JSONLinesWriter if kind == "jsonl" else JSONWriter)(str(tmp_path), f"run.{kind}")
    points, path = 12, tmp_path / f"run.{kind}"
    begun, looked = threading.Event(), threading.Semaphore(0)
    seen = []

    def write(name, document):
        writer(name, document)
        if name == "start":
            begun.set()
        if name == "event" and document["seq_num"] <= points // 2:
            assert looked.acquire(timeout=60), "the reader does not keep up"

    def look():
        assert begun.wait(60)
        events = 0
        try:
            for run in watch(path):
                if "primary" in run:
                    means = run["primary"]["camera_mean"]
                    seen.append((run["primary"].read("camera_image"), len(means), run.stop is None))
                    while events < len(means):
                        events += 1
                        looked.release()
        except Exception:
            looked.release(points)
            raise

    run_engine.subscribe(write)
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=2)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(look)
        run_engine(bp.count([camera], points))
        reader.result(60)
    expected = np.array([way.expected(k) for k in range(2 * points)]).reshape(points, 2, 8, 16)
    assert len(seen) > points // 2, "several snapshots, not one"
    for images, count, goes_on in seen:
        assert count <= len(images) <= count + 1 or (goes_on and len(images) == count - 1)
        np.testing.assert_array_equal(images, expected[: len(images)])
    assert (len(seen[-1][0]), seen[-1][1:]) == (points, (points, False))
