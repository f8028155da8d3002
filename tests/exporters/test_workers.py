"""Exports by several processes, or by a cluster: the same files, no process left behind, whatever ends."""

import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest
import tifffile
from slow import slow

from framestore.exporters import export_tiff
from framestore.exporters.journal import PREFIX
from framestore.exporters.workers import Serial, chosen
from framestore.exporters.workers.processes import Processes

EXPORT = """
import sys
from framestore.exporters import export_tiff
path, out, workers = sys.argv[1:]
print("ready", flush=True)
print(len(export_tiff(path, out, progress=False, workers=int(workers)).files))
"""
"""A script without a guard: it asks nobody for ``__name__``."""
UNPICKLABLE = """
class Odd(Exception):
    def __init__(self, *, why):
        super().__init__(why)

raise Odd(why="the reason")
"""
FOR_EVER = "import signal\nsignal.pause()"


@pytest.fixture(scope="module")
def processes():
    those = Processes(1)
    yield those
    those.close()


@pytest.fixture
def many(make_run, tmp_path):
    """A run of 400 frames, and its documents in a file."""
    made = make_run(events=200, shape=(8, 8))
    made.path = tmp_path / "documents.jsonl"
    lines = [json.dumps({"name": name, "doc": document}) for name, document in made.documents]
    made.path.write_text("\n".join([*lines, ""]))
    return made


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def begun(made, out, workers=2, **settings):
    command = [sys.executable, "-c", EXPORT, str(made.path), str(out), str(workers)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True, **settings)


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None, process.communicate()


def workers_of(process):
    """Its two workers, when they are there."""
    workers = []

    def started():
        workers[:] = psutil.Process(process.pid).children(recursive=True)
        return len(workers) == 2

    wait_for(started, process)
    return workers


def finals(out):
    return [path for path in out.glob("*.tiff") if not path.name.startswith(".")]


def check_completed(made, out, hidden):
    """The same call, by one process, makes what is missing, and nothing anew."""
    before = {path: path.stat().st_ino for path in finals(out)}
    assert 0 < len(before) < 400
    result = export_tiff(str(made.path), out)
    assert (len(result.files), result.kept, result.written) == (400, len(before), 400 - len(before))
    assert {path: path.stat().st_ino for path in finals(out)}.items() >= before.items()
    assert all(
        np.array_equal(tifffile.imread(path), frame) for path, frame in zip(result.files, made.frames(), strict=True)
    )
    assert hidden(out) == []


SETTINGS = {
    "frames": {},
    "compressed": {"compression": "zlib"},
    "stacks": {"stack": True},
    "treated": {"subtract": "dark", "subtraction": "saturate", "dtype": "u1", "clip": True},
}


@pytest.mark.parametrize("settings", ["frames", *slow("compressed", "stacks", "treated")])
def test_two_processes_make_the_files_that_one_makes(make_run, tmp_path, hidden, settings):
    made = make_run(events=50, streams=("primary", "dark"), keys=("a", "b"), family="datum")
    one = export_tiff(made.run, tmp_path / "one", **SETTINGS[settings])
    two = export_tiff(made.run, tmp_path / "two", **SETTINGS[settings], workers=2)
    assert [path.name for path in two.files] == [path.name for path in one.files]
    assert (two.written, two.kept) == (one.written, one.kept)
    assert contents(tmp_path / "two") == contents(tmp_path / "one") != {}
    assert hidden(tmp_path) == []


def test_results_come_in_order_and_few_are_taken_ahead(processes):
    taken = []
    items = (taken.append(number) or -number for number in range(20))
    results = processes.map(abs, items)
    assert next(results) == 0
    assert len(taken) <= 2
    assert list(results) == list(range(1, 20))


def test_what_a_piece_prints_or_reads_is_not_taken_for_its_result(processes):
    """It reads nothing, and what it prints goes where its errors go."""
    code = "import os, sys\nprint('said', flush=True)\nassert sys.stdin.read() == ''\nassert os.path.sameopenfile(1, 2)"
    assert list(processes.map(exec, [code])) == [None]
    assert list(processes.map(abs, [-3])) == [3]


def test_errors_arrive_with_their_type_and_message(processes):
    with pytest.raises(FileNotFoundError) as raised:
        list(processes.map(os.stat, ["/nowhere/at all"]))
    assert (raised.value.errno, raised.value.filename) == (2, "/nowhere/at all")
    assert "in another process" in raised.value.__notes__[0]
    with pytest.raises(RuntimeError, match="^Odd: the reason\n"):  # it cannot be sent itself
        list(processes.map(exec, [UNPICKLABLE]))
    with pytest.raises(ValueError, match=r"cannot pickle '_thread.lock'.*workers=1"):
        list(processes.map(abs, [threading.Lock()]))


def test_process_that_is_killed_is_told(processes):
    with pytest.raises(OSError, match=r"killed by signal 9 \(Killed\); was memory short\?.*fewer workers"):
        list(processes.map(signal.raise_signal, [signal.SIGKILL]))


@pytest.mark.slow
def test_close_gives_up_what_is_begun():
    processes = Processes(1)
    results = processes.map(exec, ["", *[FOR_EVER] * 3])
    next(results)
    (child,) = [child for child in psutil.Process().children() if "framestore.exporters" in " ".join(child.cmdline())]
    processes.close()
    assert not child.is_running()


@pytest.mark.slow
def test_missing_source_file_is_named(make_run, out, hidden):
    made = make_run(events=50, keys=("a", "b"))
    (made.folder / "primary-b.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"primary-b\.h5") as raised:
        export_tiff(made.run, out, workers=2)
    assert type(raised.value).__name__ == "MissingFileError"
    assert all(path.name.split("_")[2] == "a" for path in finals(out))
    assert [name for name in hidden(out) if not name.endswith(".jsonl")] == []


def test_parent_that_is_killed_leaves_no_process_and_nothing_incomplete(many, out, hidden):
    process = begun(many, out)
    workers = workers_of(process)
    wait_for(lambda: finals(out), process)
    process.kill()
    process.communicate(timeout=60)
    psutil.wait_procs(workers, timeout=60)
    assert not any(worker.is_running() for worker in workers)
    check_completed(many, out, hidden)


@pytest.mark.parametrize("when", ["begun", *slow("starting")])
def test_ctrl_c_ends_all_processes(many, out, hidden, when):
    process = begun(many, out)
    workers = workers_of(process)
    if when == "begun":
        wait_for(lambda: finals(out), process)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode != 0
    assert stderr.count("Traceback") == 1
    assert stderr.endswith("KeyboardInterrupt\n")
    assert not any(worker.is_running() for worker in workers)
    assert [name for name in hidden(out) if not name.endswith(".jsonl")] == []
    if when == "begun":
        check_completed(many, out, hidden)


@pytest.mark.slow
def test_worker_that_is_killed_ends_the_export_and_the_same_call_completes_it(many, out, hidden):
    process = begun(many, out)
    workers = workers_of(process)
    wait_for(lambda: finals(out), process)
    workers[0].kill()
    _, stderr = process.communicate(timeout=60)
    assert "killed by signal 9" in stderr
    assert not any(worker.is_running() for worker in workers)
    assert [name for name in hidden(out) if not name.startswith(PREFIX) or not name.endswith(".jsonl")] == []
    check_completed(many, out, hidden)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["file", "stdin", "interactive"])
def test_scripts_of_any_kind_use_processes(many, out, tmp_path, way):
    arguments = [str(many.path), str(out), "2"]
    script = tmp_path / "script.py"
    script.write_text(EXPORT)
    command = {"file": [script, *arguments], "stdin": ["-", *arguments], "interactive": ["-i", "-", *arguments]}[way]
    done = subprocess.run(
        [sys.executable, *command],
        input=None if way == "file" else EXPORT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert done.stdout.split() == ["ready", "400"]
    assert len(finals(out)) == 400


HANDLER = """
import sys
import numpy as np
from framestore_handlers import load
from framestore.exporters import export_tiff

class Mine:
    specs = {"MINE"}

    def __init__(self, path, **kwargs):
        self.path = path

    def __call__(self, point_number, **kwargs):
        return np.full((2, 6, 8), point_number, np.uint16)

run = load(sys.argv[1], handlers={"AD_HDF5": Mine})
export_tiff(run, sys.argv[2], workers=2, progress=False)
"""


@pytest.mark.slow
def test_handler_of_the_script_itself_goes_along(make_run, tmp_path, out):
    made = make_run(events=40, family="datum")
    path = tmp_path / "documents.jsonl"
    path.write_text("".join(json.dumps({"name": name, "doc": document}) + "\n" for name, document in made.documents))
    subprocess.run([sys.executable, "-c", HANDLER, path, out], check=True, timeout=100)
    assert [tifffile.imread(path).max() for path in sorted(finals(out))] == [number // 2 for number in range(80)]


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, "2"])
def test_workers_that_cannot_be(made, out, workers):
    with pytest.raises(ValueError, match=f"whole number of processes from 1 on, not {workers!r}"):
        export_tiff(made.run, out, workers=workers)
    assert not out.exists()


def test_either_workers_or_a_scheduler(made, out):
    with pytest.raises(ValueError, match=r"workers=2 are processes here.*give one of them"):
        export_tiff(made.run, out, workers=2, scheduler="tcp://127.0.0.1:1")


def test_one_worker_is_this_process():
    with chosen(1, None) as workers:
        assert isinstance(workers, Serial)
