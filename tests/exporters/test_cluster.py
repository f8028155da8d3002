"""Exports by the workers of dask.distributed: the same files; what a cluster cannot do is told."""

import json
import operator
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from distributed import Client, LocalCluster
from slow import slow

from framestore.cli import main
from framestore.exporters import export_hdf5, export_tiff
from framestore.exporters.workers.cluster import Cluster


@pytest.fixture(scope="module")
def scheduler():
    """Address of a scheduler whose worker is another process, with two threads."""
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def cluster(scheduler):
    those = Cluster(scheduler)
    yield those
    those.close()


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stack", [False, *slow(*(True,))])
def test_cluster_makes_the_files_that_one_process_makes(make_run, tmp_path, hidden, scheduler, stack):
    made = make_run(events=50, keys=("a", "b"))
    one = export_tiff(made.run, tmp_path / "one", stack=stack)
    other = export_tiff(made.run, tmp_path / "other", stack=stack, scheduler=scheduler)
    assert [path.name for path in other.files] == [path.name for path in one.files]
    assert contents(tmp_path / "other") == contents(tmp_path / "one") != {}
    assert hidden(tmp_path) == []


def test_chunks_of_hdf5_are_those_that_one_process_makes(make_run, tmp_path, scheduler):
    made = make_run(events=20)
    (one,) = export_hdf5(made.run, tmp_path / "one", chunks=(3, 1, 4), compression="gzip").files
    (other,) = export_hdf5(
        made.run, tmp_path / "other", chunks=(3, 1, 4), compression="gzip", scheduler=scheduler
    ).files
    assert other.read_bytes() == one.read_bytes()


def test_missing_source_file_is_named(make_run, out, hidden, scheduler):
    made = make_run(events=50)
    (made.folder / "primary-det_image.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"primary-det_image\.h5") as raised:
        export_tiff(made.run, out, scheduler=scheduler)
    assert type(raised.value).__name__ == "MissingFileError"
    assert hidden(out) == []


def test_pieces_are_done_in_order_by_all_threads(cluster):
    assert cluster.count == 2
    taken = []
    items = (taken.append(number) or -number for number in range(20))
    results = cluster.map(abs, items)
    assert next(results) == 0
    assert len(taken) <= 4
    assert list(results) == list(range(1, 20))


def test_large_piece_goes_straight_to_a_worker(cluster, recwarn):
    """dask warns of what is large and goes by way of the scheduler."""
    assert list(cluster.map(len, [bytes(20 * 2**20)])) == [20 * 2**20]
    assert [str(warning.message) for warning in recwarn if "large graph" in str(warning.message)] == []


def test_piece_that_cannot_be_sent(cluster):
    with pytest.raises(ValueError, match=r"cannot pickle '_thread.lock'.*without a scheduler"):
        list(cluster.map(operator.not_, [threading.Lock()]))


def test_no_scheduler(made, out):
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.2s"}),
        pytest.raises(OSError, match=r"tcp://127\.0\.0\.1:1\b"),
    ):
        export_tiff(made.run, out, scheduler="tcp://127.0.0.1:1")
    assert not out.exists()


def test_scheduler_without_workers(made, out):
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as cluster,
        pytest.raises(OSError, match=r"has no workers; start some: dask worker tcp"),
    ):
        export_tiff(made.run, out, scheduler=cluster.scheduler_address)
    assert not out.exists()


@pytest.mark.parametrize(
    ("hidden_there", "error"),
    [
        (".", "another folder of that name"),
        pytest.param("..", "has no folder", marks=pytest.mark.slow),
    ],
)
def test_worker_that_does_not_see_the_folder(made, out, hidden, hidden_there, error):
    """An own mount on its way hides the folder from the worker, as if it were on another computer."""
    out.mkdir()
    with LocalCluster(n_workers=0, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        options = "--nthreads 1 --no-nanny --no-dashboard"
        code = f'mount -t tmpfs tmpfs "$0" && exec "$1" -m distributed.cli.dask_worker {address} {options}'
        command = ["unshare", "--mount", "sh", "-c", code, (out / hidden_there).resolve(), sys.executable]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as worker:
            try:
                with Client(address, set_as_default=False) as client:
                    client.wait_for_workers(1, timeout=60)
                with pytest.raises(FileNotFoundError, match=f"{error}.*all workers see"):
                    export_tiff(made.run, out, scheduler=address)
            finally:
                worker.kill()
    assert hidden(out) == []
    assert list(out.iterdir()) == []


@pytest.mark.slow
def test_worker_that_is_killed_is_replaced(make_run, tmp_path, scheduler, hidden):
    made = make_run(events=600)
    with Client(scheduler, set_as_default=False) as client:
        (pid,) = client.run(os.getpid).values()
    error = []

    def export():
        try:
            export_tiff(made.run, tmp_path / "out", scheduler=scheduler)
        except Exception as raised:  # noqa: BLE001 - shown below
            error.append(raised)

    thread = threading.Thread(target=export)
    thread.start()
    while not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("[!.]*.tiff")):
        assert thread.is_alive()
    os.kill(pid, signal.SIGKILL)
    thread.join()
    assert error == []
    export_tiff(made.run, tmp_path / "one")
    assert contents(tmp_path / "out") == contents(tmp_path / "one")


@pytest.mark.slow
def test_scheduler_that_goes_is_told(tmp_path):
    """A piece waits for a writer of its pipe, which never comes."""
    os.mkfifo(tmp_path / "pipe")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as local:
        cluster = Cluster(local.scheduler_address)

        def items():
            yield str(tmp_path / "pipe")
            threading.Thread(target=local.close).start()

        with pytest.raises(OSError, match=f"the scheduler {local.scheduler_address} is gone"):
            list(cluster.map(open, items()))
        cluster.close()


@pytest.mark.slow
def test_without_distributed_it_says_how_to_get_it(made, out):
    code = "import sys; sys.modules['distributed'] = None; from framestore.exporters.workers.cluster import Cluster; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}Cluster('tcp://127.0.0.1:1')"], capture_output=True, text=True, check=False
    )
    assert "pip install 'framestore[distributed]'" in done.stderr


def test_on_the_command_line(make_run, tmp_path, scheduler):
    made = make_run(events=5)
    documents = tmp_path / "run.jsonl"
    lines = [json.dumps({"name": name, "doc": document}) for name, document in made.documents]
    documents.write_text("\n".join([*lines, ""]))
    arguments = ["export", str(documents), str(tmp_path / "out"), "--scheduler", scheduler, "--json"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["written"] == 10
    assert np.array_equal([tifffile.imread(path) for path in told["files"]], made.frames())
