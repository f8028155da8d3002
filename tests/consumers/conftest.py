"""A real Tiled server, one for all tests: it takes seconds to start."""

from uuid import uuid4

import pytest


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
