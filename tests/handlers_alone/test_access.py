"""From a document's place to a file on this machine."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from framestore_handlers.access import locate, resource_path, uri_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file://localhost/data/a.h5", PurePosixPath("/data/a.h5")),
        ("file:///data/a b.h5", PurePosixPath("/data/a b.h5")),
        ("file://localhost/data/a#b?c%20.h5", PurePosixPath("/data/a#b?c%20.h5")),
        ("file://LOCALHOST/data/a.h5", PurePosixPath("/data/a.h5")),
        ("file://server/share/a.h5", PurePosixPath("//server/share/a.h5")),
        ("file://localhost/C:/data/a.h5", PureWindowsPath("C:/data/a.h5")),
    ],
)
def test_file_uris(uri, path):
    assert uri_path(uri) == path


@pytest.mark.parametrize("uri", ["http://localhost/a.h5", "/data/a.h5", "s3://bucket/a"])
def test_other_uris_are_refused(uri):
    with pytest.raises(ValueError, match="is not a file: URI"):
        uri_path(uri)


def test_resources_of_both_systems():
    assert resource_path({"root": "/data", "resource_path": "a/b.h5"}) == PurePosixPath("/data/a/b.h5")
    windows = {"root": "D:\\data", "resource_path": "a\\b.h5", "path_semantics": "windows"}
    assert resource_path(windows) == PureWindowsPath("D:/data/a/b.h5")


@pytest.mark.parametrize(
    ("path", "here"),
    [
        (PurePosixPath("/data/run/a.h5"), "/mnt/run/a.h5"),
        (PurePosixPath("/data/x/a.h5"), "/mnt/all/x/a.h5"),
        (PurePosixPath("/database/a.h5"), "/database/a.h5"),
        (PureWindowsPath("D:/data/a.h5"), "/mnt/d/a.h5"),
    ],
)
def test_longest_whole_prefix_counts(path, here):
    maps = {"/data": "/mnt/all", "/data/run": "/mnt/run", "D:/data": "/mnt/d"}
    assert locate(path, maps) == Path(here)
