"""Real Tiled servers, one of a kind for all tests: they take seconds to start."""

import subprocess
import sys
from uuid import uuid4

import pytest
from serving import registries_kept, served


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """All that the server may read."""
    return tmp_path_factory.mktemp("frames")


@pytest.fixture
def folder(place):
    return place / uuid4().hex


@pytest.fixture(scope="session")
def tiled(tmp_path_factory, place):
    """Its client."""
    from tiled.client import from_uri
    from tiled.server.simple import SimpleTiledServer

    with SimpleTiledServer(tmp_path_factory.mktemp("tiled"), readable_storage=[place]) as server:
        yield from_uri(server.uri)


@pytest.fixture(scope="session")
def configure(tmp_path_factory, place):
    """Makes configurations: files of what the command prints, each in a folder that is the server's own."""

    def configure():
        folder = tmp_path_factory.mktemp("tiled server")
        command = [sys.executable, "-m", "framestore_handlers.cli", "tiled-config"]
        options = ["--readable-storage", place, "--directory", folder]
        printed = subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout
        (folder / "tiled.yml").write_text(printed)
        return folder / "tiled.yml"

    return configure


@pytest.fixture(scope="session")
def configured_server(configure):
    """Client of a server in a process of its own."""
    from tiled.client import from_uri

    with served(configure()) as uri:
        yield from_uri(uri, api_key="secret")


@pytest.fixture
def registered():
    """What Tiled lacks is registered, for one test."""
    from framestore_handlers.tiled import register

    with registries_kept():
        register()
        yield
