"""From a document's place to a file on this machine."""

import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

import framestore_handlers
import pytest
from framestore_handlers import MissingFileError
from framestore_handlers.access import located, place_of, resource_path, uri_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file://localhost/data/a.h5", PurePosixPath("/data/a.h5")),
        ("file:///data/a b.h5", PurePosixPath("/data/a b.h5")),
        ("file:/data/a.h5", PurePosixPath("/data/a.h5")),
        ("FILE:///data/a.h5", PurePosixPath("/data/a.h5")),
        ("file://localhost/data/a#b?c%20.h5", PurePosixPath("/data/a#b?c%20.h5")),
        ("file://LOCALHOST/data/a.h5", PurePosixPath("/data/a.h5")),
        ("file://localhost/data/folder/", PurePosixPath("/data/folder")),
        ("file://server/share/a.h5", PureWindowsPath(r"\\server\share\a.h5")),
        ("file://localhost/C:/data/a.h5", PureWindowsPath("C:/data/a.h5")),
        ("file:///c|/data/a.h5", PureWindowsPath("C:/data/a.h5")),
        ("file:///C:", PureWindowsPath("C:")),
        ("file:///a:b/c.h5", PurePosixPath("/a:b/c.h5")),
    ],
)
def test_file_uris(uri, path):
    assert uri_path(uri) == path
    assert type(uri_path(uri)) is type(path)


@pytest.mark.parametrize(
    "uri",
    [
        *["http://localhost/a.h5", "/data/a.h5", "s3://bucket/a", "file:a.h5", "file:", "", "c:/data/a.h5"],
        *["file://", "file://localhost", "file://server"],
    ],
)
def test_other_uris_are_refused(uri):
    with pytest.raises(ValueError, match="is not a file: URI"):
        uri_path(uri)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"root": "/data", "resource_path": "a/b.h5"}, PurePosixPath("/data/a/b.h5")),
        (
            {"root": "D:\\data", "resource_path": "a\\b.h5", "path_semantics": "windows"},
            PureWindowsPath("D:/data/a/b.h5"),
        ),
        ({"root": "D:\\data", "resource_path": "a\\b.h5"}, PureWindowsPath("D:/data/a/b.h5")),
        ({"root": "", "resource_path": "D:/a/b.h5"}, PureWindowsPath("D:/a/b.h5")),
        ({"root": "\\\\server\\share", "resource_path": "a.h5"}, PureWindowsPath("//server/share/a.h5")),
        ({"root": "D:\\data", "resource_path": "b.h5", "path_semantics": "posix"}, PureWindowsPath("D:/data/b.h5")),
        ({"root": "\\data", "resource_path": "b.h5", "path_semantics": "posix"}, PurePosixPath("\\data/b.h5")),
        ({"root": "/data", "resource_path": "a\\b.h5"}, PurePosixPath("/data/a\\b.h5")),
    ],
)
def test_resources_of_both_systems(document, path):
    assert resource_path(document) == path
    assert type(resource_path(document)) is type(path)


MAPS = {
    "/data": "/mnt/all",
    "/data/run/": "/mnt/run",
    "/one/file.h5": "/mnt/other.h5",
    "D:/data": "/mnt/d",
    "\\\\server\\Share": "/mnt/share",
    "file://localhost/from/uri/": "/mnt/uri",
    "relative": "/mnt/relative",
    PurePosixPath("/pure"): Path("/mnt/pure"),
    "F:": "/mnt/f",
    PureWindowsPath("G:"): "/mnt/g",
    "file:///H:": "/mnt/h",
    PureWindowsPath("E:/pure"): Path("/mnt/e"),
}


@pytest.mark.parametrize(
    ("path", "here"),
    [
        (PurePosixPath("/data/run/a.h5"), "/mnt/run/a.h5"),
        (PurePosixPath("/data/run"), "/mnt/run"),
        (PurePosixPath("/data/x/a.h5"), "/mnt/all/x/a.h5"),
        (PurePosixPath("//data/x/a.h5"), "/mnt/all/x/a.h5"),
        (PurePosixPath("/data/run/../x.h5"), "/mnt/all/x.h5"),
        (PurePosixPath("/x/../data/x.h5"), "/mnt/all/x.h5"),
        (PurePosixPath("/../data/x.h5"), "/mnt/all/x.h5"),
        (PurePosixPath("/data/../etc/passwd"), "/data/../etc/passwd"),
        (PurePosixPath("/database/a.h5"), "/database/a.h5"),
        (PurePosixPath("/DATA/a.h5"), "/DATA/a.h5"),
        (PurePosixPath("data/a.h5"), "data/a.h5"),
        (PurePosixPath("relative/a.h5"), "/mnt/relative/a.h5"),
        (PurePosixPath("/one/file.h5"), "/mnt/other.h5"),
        (PurePosixPath("/from/uri/a.h5"), "/mnt/uri/a.h5"),
        (PurePosixPath("/pure/a.h5"), "/mnt/pure/a.h5"),
        (PurePosixPath("D:/data/a.h5"), "D:/data/a.h5"),
        (PurePosixPath("/server/share/a.h5"), "/server/share/a.h5"),
        (PureWindowsPath("D:/data/a.h5"), "/mnt/d/a.h5"),
        (PureWindowsPath("d:\\DATA\\Run\\A.h5"), "/mnt/d/Run/A.h5"),
        (PureWindowsPath("E:/pure/a.h5"), "/mnt/e/a.h5"),
        (PureWindowsPath("F:/data/a.h5"), "/mnt/f/data/a.h5"),
        (PureWindowsPath("g:/a.h5"), "/mnt/g/a.h5"),
        (PureWindowsPath("H:/a.h5"), "/mnt/h/a.h5"),
        (PureWindowsPath("//SERVER/share/a.h5"), "/mnt/share/a.h5"),
    ],
)
def test_longest_whole_prefix_counts(path, here):
    assert located(path, MAPS) == Path(here)


@pytest.mark.parametrize("path", ["C:/data/a.h5", "//server/other/a.h5", "D:/data/../a.h5", "/data/a.h5", "F:a.h5"])
def test_paths_of_windows_are_none_of_this_machine(path):
    assert located(PureWindowsPath(path), MAPS) is None


@pytest.mark.parametrize("other", ["/data/", "/data/x/..", "file:///data", PurePosixPath("/data")])
def test_two_entries_for_one_folder_must_agree(other):
    with pytest.raises(ValueError, match=r"root_map puts /data at /one and at /two"):
        located(PurePosixPath("/data/a.h5"), {"/data": "/one", other: "/two"})
    assert located(PurePosixPath("/data/a.h5"), {"/data": "/one", other: "/one"}) == Path("/one/a.h5")


def of_uri(uri, root_map=None):
    return place_of({"uri": uri}, root_map, None)


def test_what_looks_encoded_is_taken_as_it_is_there(tmp_path):
    place = of_uri(f"file://localhost{tmp_path}/a%20b.h5")
    (tmp_path / "a b.h5").touch()
    assert place.checked() == tmp_path / "a b.h5"
    (tmp_path / "a%20b.h5").touch()
    assert place.checked() == tmp_path / "a%20b.h5"
    with pytest.raises(MissingFileError, match="c%20d.h5 is named by the documents"):
        raise of_uri(f"file://localhost{tmp_path}/c%20d.h5").missing()


@pytest.mark.parametrize("folder", ["/beam line", "/beam%20line", "file:///beam%20line", "file://localhost/beam line"])
def test_root_maps_know_folders_encoded_and_not(tmp_path, folder):
    (tmp_path / "a b.h5").touch()
    assert of_uri("file:///beam%20line/a%20b.h5", {folder: tmp_path}).checked() == tmp_path / "a b.h5"


def test_files_of_an_encoded_folder(tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "x.tiff").touch()
    place = of_uri(f"file://{tmp_path}/a%20b/")
    assert place.checked(place.below("x.tiff")) == tmp_path / "a b" / "x.tiff"


@pytest.mark.parametrize("uri", ["file:///data/%2e%2e/etc/passwd", "file:///data/..%2fetc/passwd"])
def test_what_is_encoded_maps_as_what_it_means(uri):
    assert of_uri(uri, {"/data": "/mnt"}).decoded == Path("/data/../etc/passwd")


@pytest.mark.parametrize("uri", ["file:///data/a\0.h5", "file:///C:/a\0.h5"])
def test_a_null_character_is_refused(uri):
    with pytest.raises(ValueError, match="is no path"):
        of_uri(uri)


def test_an_encoded_null_character_is_not_decoded():
    assert of_uri("file:///data/a%00.h5").decoded is None


def test_a_windows_path_on_posix_is_missing_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C:").mkdir()
    (tmp_path / "C:" / "a.h5").touch()  # what pathlib makes of it here
    (tmp_path / r"C:\a.h5").touch()
    place = of_uri("file:///C:/a.h5")
    with pytest.raises(MissingFileError, match=r"path of another system; .*root_map=\{'C:\\\\'"):
        place.checked()


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("file:///C:/data/a.h5", "C:\\data"), ("file://server/share/x/a.h5", "\\\\server\\share\\x")],
)
def test_the_way_out_is_told_of_the_documents_system(tmp_path, uri, folder):
    """Of a path that root_map put somewhere already, too."""
    there = folder.removesuffix("x")
    for root_map in (None, {there: tmp_path}):
        with pytest.raises(MissingFileError) as error:
            raise of_uri(uri, root_map).missing()
        assert f"root_map={{{folder!r}: <" in str(error.value)


@pytest.mark.parametrize(
    ("root_map", "error", "message"),
    [
        ({"/data": None}, TypeError, "root_map, for '/data', holds None, expected a path"),
        ({"/data": b"/mnt"}, TypeError, "root_map, for '/data', holds b'/mnt', expected a path"),
        ({b"/data": "/mnt"}, TypeError, "root_map holds b'/data', expected a path"),
        ({7: "/mnt"}, TypeError, "root_map holds 7, expected a path"),
        ({"": "/mnt"}, ValueError, "root_map holds an empty path; to mean"),
        ({"/data": ""}, ValueError, "root_map, for '/data', holds an empty path; to mean"),
        ({"/data": "file:///mnt"}, ValueError, "root_map puts '/data' at 'file:///mnt'; expected a path of this"),
        ([("/data", "/mnt")], TypeError, "root_map must be a mapping, such as {'/data': '/mnt/data'}, not [('"),
        ("/data", TypeError, "root_map must be a mapping"),
    ],
)
def test_root_maps_that_are_none(root_map, error, message):
    with pytest.raises(error, match=re.escape(message)):
        framestore_handlers.load([], root_map=root_map)


@pytest.mark.parametrize(
    ("roots", "error", "message"),
    [
        ([""], ValueError, "allowed_roots holds an empty path; to mean the working directory, write '.'"),
        (["/data", None], TypeError, "allowed_roots holds None, expected a path"),
        ([b"/data"], TypeError, "allowed_roots holds b'/data', expected a path"),
    ],
)
def test_roots_that_are_none(roots, error, message):
    with pytest.raises(error, match=re.escape(message)):
        framestore_handlers.load([], allowed_roots=roots)


@pytest.mark.parametrize("name", ["../a.tiff", "/etc/passwd", "x/../../a", "..\\a.tiff", "\\a.tiff"])
def test_names_do_not_lead_out_of_their_folder(tmp_path, name):
    with pytest.raises(ValueError, match="leads out of"):
        of_uri(f"file://{tmp_path}/").below(name)


def test_names_hold_no_null_character():
    with pytest.raises(ValueError, match=r"'f\\x00_1.tiff', in /data, is no name of a file"):
        of_uri("file:///data").below("f\0_1.tiff")


@pytest.mark.parametrize("name", ["sub/a.tiff", "a..tiff", "..a", "a/..b/c"])
def test_names_may_hold_folders(tmp_path, name):
    assert of_uri(f"file://{tmp_path}/").below(name) == Path(os.path.join(tmp_path, name))  # noqa: PTH118 - an oracle
