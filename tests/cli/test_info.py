"""What ``info`` tells of runs, by either command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import start
from slow import slow

FRAMES = {"hdf5_image": 1, "tiff_image": 2}
"""Field of images, and the files of the first run's."""


def test_a_run_as_text(command, recorded, moved):
    done = command("info", recorded.file(0), *moved)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"run {recorded.uids[0]}\n  scan 1, count, success\n" in done.stdout
    assert "stream primary: 2 events" in done.stdout
    for field, files in FRAMES.items():
        told = f"  {field}           (2, 1, 5, 7) uint16, 140 B, 2 frames in {files} file{'s' * (files > 1)} of "
        assert f"{told}{recorded.folder / 'frames'}\n" in done.stdout
    assert "  hdf5_mean            (2,) float64, 16 B" in done.stdout


def test_a_run_as_json(command, recorded, moved):
    done = command("info", recorded.file(1), "--json", *moved)
    found = json.loads(done.stdout)
    documents = [json.loads(line) for line in recorded.file(1).read_text().splitlines()]
    starts, stops = ([item["doc"] for item in documents if item["name"] == name] for name in ("start", "stop"))
    assert found["uid"] == starts[0]["uid"]
    assert (found["scan_id"], found["plan_name"], found["exit_status"]) == (2, "count", "success")
    assert (found["start_time"], found["stop_time"]) == (starts[0]["time"], stops[0]["time"])
    times = [time for item in documents if item["name"] == "event_page" for time in item["doc"]["time"]]
    (primary,) = found["streams"]
    assert (primary["name"], primary["events"]) == ("primary", len(times))
    assert [primary["first_time"], primary["last_time"]] == [min(times), max(times)]
    fields = {field["name"]: field for field in primary["fields"]}
    image = fields["tiff_image"]
    assert (image["shape"], image["dtype"], image["bytes"]) == ([3, 1, 5, 7], "uint16", 3 * 5 * 7 * 2)
    assert (image["frames"], image["files"], image["missing_files"]) == (3, 3, [])
    assert image["folders"] == [str(recorded.folder / "frames")]
    assert fields["hdf5_mean"] == {
        "name": "hdf5_mean", "external": False, "shape": [3], "dtype": "float64", "bytes": 24
    }  # fmt: skip


def test_missing_files_are_named(command, recorded, moved):
    gone = sorted((recorded.folder / "frames").glob("*.tiff"))
    for path in gone:
        path.unlink()
    done = command("info", recorded.file(0), *moved)
    assert (done.exit_code, done.stdout.count("MISSING")) == (0, 1)
    found = json.loads(command("info", recorded.file(1), "--json", *moved).stdout)
    missing = [path for field in found["streams"][0]["fields"] for path in field.get("missing_files", ())]
    assert len(missing) == 3
    assert set(missing) < set(map(str, gone))


def test_files_outside_of_what_is_allowed(command, recorded, moved, tmp_path):
    done = command("info", recorded.file(0), *moved, "--allowed-root", tmp_path / "elsewhere")
    assert done.exit_code == 0
    assert "outside" in done.stdout


def test_several_runs_are_listed_the_oldest_first(command, recorded):
    done = command("info", recorded.documents)
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == list(recorded.uids)
    assert done.stdout.startswith("2 runs; --uid picks one\n")
    runs = json.loads(command("info", recorded.documents, "--json").stdout)["runs"]
    assert [(run["uid"], run["scan_id"], run["plan_name"], run["exit_status"]) for run in runs] == [
        (uid, number, "count", "success") for number, uid in enumerate(recorded.uids, 1)
    ]


def test_one_of_several_runs(command, recorded):
    for uid in (recorded.uids[1], recorded.uids[1][:8]):
        assert f"run {recorded.uids[1]}\n" in command("info", recorded.documents, "--uid", uid).stdout
    done = command("info", recorded.documents, "--uid", "nobody")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: the documents hold 0 runs whose uid begins with 'nobody'" in done.stderr


def test_a_uid_that_is_too_short(command, recorded):
    done = command("info", recorded.documents, "--uid", "")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "name one with --uid, out of: " in done.stderr


def test_standard_input(command, recorded):
    done = command("info", "-", input=recorded.file(0).read_bytes())
    assert f"run {recorded.uids[0]}\n" in done.stdout
    both = recorded.file(0).read_bytes() + recorded.file(1).read_bytes()
    assert "2 runs; --uid picks one\n" in command("info", "-", input=both).stdout


def test_what_documents_say_does_not_move_the_cursor(command, recorded):
    path = recorded.folder / "hostile.jsonl"
    path.write_text(recorded.file(0).read_text().replace('"count"', '"\\u001b[2J\\u202ecount"'))
    out = command("info", path).stdout
    assert "\\x1b[2J\\u202ecount" in out
    assert "\x1b" not in out


def test_documents_that_are_cut_off_are_a_note(command, recorded):
    text = recorded.file(0).read_text()
    recorded.file(0).write_text(text[: text.rindex('"exit_status"')])
    done = command("info", recorded.file(0), "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["exit_status"] is None
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"note: {recorded.file(0)}: line ")
    assert "cut off" in line


@pytest.mark.parametrize("name", ["info", "verify"])
def test_what_cannot_be_loaded_is_one_line(command, tmp_path, name):
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "broken.jsonl").write_text("{}\n{}\n")
    (tmp_path / "folder").mkdir()
    for given in ("nowhere.jsonl", "empty.jsonl", "notes.txt", "broken.jsonl", "folder"):
        done = command(name, tmp_path / given)
        assert (done.exit_code, done.stdout) == (2, ""), given
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("Error: ")
        assert given == "empty.jsonl" or str(tmp_path / given) in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--root-map", "/data"], "'/data' is not FROM=TO"),
        (["--root-map", "/data=/a", "--root-map", "/data=/b"], "/data is mapped twice: to /a and to /b"),
        (["--allowed-root", __file__], "is a file"),
        (["--frobnicate"], "No such option"),
    ],
)
def test_wrong_usage_is_exit_status_2(command, recorded, options, message):
    done = command("info", recorded.file(0), *options)
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.parametrize("name", ["framestore", *slow("framestore-handlers")])
def test_in_a_pipe(name, recorded, moved):
    done = start(name, "info", recorded.file(0), *moved, env={"LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert f"run {recorded.uids[0]}\n" in done.stdout


def test_a_reader_that_goes_away(recorded, tmp_path):
    """As with ``| head -1``: no traceback."""
    documents = tmp_path / "many.jsonl"
    many = [{"name": "start", "doc": {"uid": f"run {number}", "time": 0.0}} for number in range(4_000)]
    documents.write_text("\n".join(map(json.dumps, many)))
    script = Path(sys.executable).with_name("framestore-handlers")
    with subprocess.Popen([script, "info", documents], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"4000 runs; --uid picks one\n"
        process.stdout.close()
        assert process.stderr.read() == b""


def test_each_command_tells_its_exit_statuses(command):
    assert command("--help").exit_code == 0
    for line in command("--help").stdout.partition("Commands:\n")[2].splitlines():
        told = " ".join(command(line.split()[0], "--help").stdout.split())
        assert "The exit status is " in told, line
        assert "in a wrong way" in told or "the options do not go together" in told, line
