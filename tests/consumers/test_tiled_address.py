"""Runs by their address in real Tiled servers."""

import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import bluesky.plans as bp
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from bluesky import RunEngine
from bluesky_tiled_plugins import TiledWriter
from click.testing import CliRunner
from framestore_handlers import SeveralRunsError
from framestore_handlers.cli import main
from numbered import NumberedSource
from slow import slow

from framestore.cli import main as framestore
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider


@pytest.fixture(scope="module")
def catalog(tiled, place):
    """One of two runs of 2 frames each."""
    catalog = tiled.create_container("of addresses")
    engine = RunEngine()
    engine.subscribe(TiledWriter(catalog, batch_size=1))
    camera = Camera(NumberedSource(), StaticPathProvider(UUIDFilenameProvider(), place), stats=(), name="camera")
    for _ in range(2):
        engine(bp.count([camera], 2))
    camera.unstage()
    return catalog


@pytest.fixture
def runs(catalog):
    """Their uids."""
    return list(catalog)


@pytest.fixture
def key(catalog, monkeypatch):
    """That of the server, as Tiled's own client takes it."""
    monkeypatch.setenv("TILED_API_KEY", catalog.context.api_key)
    return catalog.context.api_key


def test_a_run_by_its_address(key, catalog, runs):
    run = framestore_handlers.load(catalog[runs[1]].uri)
    assert run.start["uid"] == runs[1]
    expected = [NumberedSource().expected(k) for k in (2, 3)]
    np.testing.assert_array_equal(run["primary"].read("camera_image")[:, 0], expected)
    assert [run.stop is None for run in framestore_handlers.load(catalog[runs[1]].uri, live=True)] == [False]


@pytest.mark.parametrize("ending", ["", *slow("/", "?", "?api_key=")])
def test_a_run_of_a_catalog_by_the_beginning_of_its_uid(key, catalog, runs, ending):
    address = catalog.uri + ending + (key if ending.endswith("=") else "")
    assert framestore_handlers.load(address, uid=runs[0][:7]).start["uid"] == runs[0]


@pytest.mark.parametrize("ending", ["", *slow("/api", "/api/v1", "/api/v1/metadata/")])
def test_a_run_by_the_address_of_the_server(key, tiled, run_engine, make_camera, source, ending):
    run_engine.subscribe(TiledWriter(tiled, batch_size=1))
    uid = run_engine(bp.count([make_camera(source, stats=())])).run_start_uids[0]
    assert framestore_handlers.load(tiled.uri.partition("/api")[0] + ending, uid=uid).start["uid"] == uid


def test_several_runs_are_named_and_at_hand(key, catalog, runs):
    with pytest.raises(SeveralRunsError, match=f" has several runs; name one .*{runs[0]}, {runs[1]}") as caught:
        framestore_handlers.load(f"{catalog.uri}?api_key={key}")
    assert key not in str(caught.value), "the address has the key in it"
    found = [(start["uid"], stop["exit_status"]) for start, stop in caught.value.runs]
    assert found == [(uid, "success") for uid in runs]


def test_on_the_command_line(key, catalog, runs):
    listed = CliRunner().invoke(main, ["info", catalog.uri])
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == runs
    told = CliRunner().invoke(main, ["info", catalog.uri, "--uid", runs[1]])
    assert re.search(
        r"^  camera_image +\(2, 1, 5, 7\) uint16, 140 B, 2 frames, no files here$", told.stdout, re.MULTILINE
    )
    nowhere = CliRunner().invoke(main, ["info", catalog.uri + "/nowhere"])
    assert (nowhere.exit_code, nowhere.stdout) == (2, "")
    assert nowhere.stderr.startswith("Error: there is nothing at http://")


def test_a_uid_that_no_run_has(key, catalog):
    for uid in ("nobody", "%", "_" * 36):
        with pytest.raises(ValueError, match=f"has no run whose uid begins with '{uid}'"):
            framestore_handlers.load(catalog.uri, uid=uid)


def test_what_is_no_run(key, catalog, runs):
    with pytest.raises(ValueError, match="has no run$"):
        framestore_handlers.load(catalog[runs[0]]["primary"].uri)
    with pytest.raises(ValueError, match="is the address of an? [a-z]+, not of a run or a catalog of runs"):
        framestore_handlers.load(catalog[runs[0]]["primary/camera_image"].uri)
    with pytest.raises(FileNotFoundError, match="there is nothing at http://.*/nowhere, or nothing that you may see"):
        framestore_handlers.load(catalog.uri + "/nowhere")


@pytest.mark.parametrize("wrong", [None, "d0d0"])
def test_without_the_key(catalog, monkeypatch, wrong):
    monkeypatch.delenv("TILED_API_KEY", raising=False)
    if wrong:
        monkeypatch.setenv("TILED_API_KEY", wrong)
    with pytest.raises(PermissionError, match="set TILED_API_KEY to a key that may read it, or log in: tiled login"):
        framestore_handlers.load(catalog.uri)


def test_nobody_answers():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        with pytest.raises(ConnectionError, match=f"no Tiled server answers at {address} .*refused.*; is it running"):
            framestore_handlers.load(address)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (200, ValueError, "what answers at .* is no Tiled server"),
        (403, PermissionError, "does not let you see .* \\(HTTP 403\\)"),
        (404, FileNotFoundError, "there is nothing at "),
        (503, ConnectionError, "answered with HTTP 503"),
    ],
)
def test_another_server_answers(status, error, message):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html></html>")

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(error, match=message):
            framestore_handlers.load(f"http://127.0.0.1:{server.server_port}/api/v1")
        server.shutdown()


def test_without_tiled_installed(tmp_path):
    code = """if True:
        import sys
        sys.modules["tiled"] = None
        import framestore_handlers
        framestore_handlers.load("http://localhost:8000/")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert re.search(
        r"ModuleNotFoundError: to read http://localhost:8000/, .* pip install 'framestore-handlers\[tiled-client\]'",
        done.stderr,
    )


def test_a_run_is_exported_by_its_address(key, catalog, runs, tmp_path):
    for format_ in ("tiff", "hdf5", "nexus"):
        done = CliRunner().invoke(framestore, ["export", catalog[runs[1]].uri, str(tmp_path), "--format", format_])
        assert done.exit_code == 0, done.output
    expected = [NumberedSource().expected(k) for k in (2, 3)]
    images = [tifffile.imread(path) for path in sorted(tmp_path.glob("*.tiff"))]
    np.testing.assert_array_equal(images, expected)
    with h5py.File(tmp_path / "2.h5") as file:
        np.testing.assert_array_equal(file["primary/data/camera_image"][:, 0], expected)
    with h5py.File(tmp_path / "2.nxs") as file:
        np.testing.assert_array_equal(file["entry/data/camera_image"], expected)
