"""Frames that outlive the power: where they are, and the names of all folders on the way, are on the disk."""

import os
from pathlib import Path

import pytest

from framestore.formats import FORMATS
from framestore.paths import StaticPathProvider


@pytest.fixture
def synced(monkeypatch):
    """What was synced, by its path."""
    paths = set()
    fsync = os.fsync

    def record(file):
        paths.add(Path(f"/proc/self/fd/{file}").readlink())
        fsync(file)

    monkeypatch.setattr(os, "fsync", record)
    return paths


@pytest.mark.parametrize("name", FORMATS)
def test_folders_that_the_camera_makes_are_synced_too(make_camera, numbered_source, tmp_path, synced, name):
    folder = tmp_path / "2026" / "11" / "21"
    provider = StaticPathProvider(lambda key: "shot", folder, create_dir_depth=-3)
    source = numbered_source((8, 16), "uint8")
    camera = make_camera(source, path_provider=provider, format=FORMATS[name](durable="synced"))
    camera.stage()
    camera.trigger().wait(20)
    assert {tmp_path, tmp_path / "2026", tmp_path / "2026" / "11", folder} <= synced
    assert any(folder in path.parents for path in synced), "what holds the frame"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_synced_unless_it_is_wanted(make_camera, numbered_source, synced, name):
    camera = make_camera(numbered_source((8, 16), "uint8"), format=name)
    camera.stage()
    camera.trigger().wait(20)
    assert not synced
