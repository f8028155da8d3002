"""Nothing that documents or links name leads out of ``allowed_roots``; nothing that is no file is opened."""

import os
import shutil
import socket

import framestore_handlers
import numpy as np
import pytest
from framestore_handlers import UntrustedPathError
from untrusted import FRAMES, WRITERS, read, refused, stream, uri_of, written


@pytest.fixture
def inside(tmp_path):
    place = tmp_path / "inside"
    place.mkdir()
    return place


@pytest.fixture
def outside(tmp_path):
    place = tmp_path / "outside"
    place.mkdir()
    return place


@pytest.fixture(params=WRITERS)
def kind(request):
    return request.param


def test_what_is_inside_is_read(inside, kind):
    np.testing.assert_array_equal(read(inside, uri_of(written(inside, kind), kind), kind), FRAMES)


def test_what_is_outside_is_not(inside, outside, kind):
    refused(inside, outside, uri_of(written(outside, kind), kind), kind)


def test_nor_by_parents(inside, outside, kind):
    path = written(outside, kind)
    refused(inside, outside, uri_of(f"{inside}/../outside/{path.name}", kind), kind)


def test_nor_by_an_encoded_parent(inside, outside):
    path = written(outside)
    refused(inside, outside, f"{inside}/%2e%2e/outside/{path.name}")


def test_nor_by_a_name_that_begins_alike(tmp_path, inside):
    (tmp_path / "inside2").mkdir()
    refused(inside, tmp_path / "inside2", written(tmp_path / "inside2"))


def test_nor_by_a_link(inside, outside, kind):
    path = written(outside, kind)
    (inside / path.name).symlink_to(path)
    refused(inside, outside, uri_of(inside / path.name, kind), kind)


def test_nor_by_a_root_map(inside, outside):
    path = written(outside)
    with pytest.raises(UntrustedPathError, match=r"x\.h5 is outside"):
        read(inside, f"/data/{path.name}", root_map={"/data": outside})
    np.testing.assert_array_equal(read(outside, f"/data/{path.name}", root_map={"/data": outside}), FRAMES)


def test_nor_by_what_linux_has_of_open_files(inside, outside):
    with written(outside).open("rb") as file, pytest.raises(UntrustedPathError):
        read(inside, f"/proc/self/fd/{file.fileno()}")


def test_links_within_are_followed(inside, kind):
    path = written(inside, kind)
    (inside / "link").symlink_to(path)
    np.testing.assert_array_equal(read(inside, uri_of(inside / "link", kind), kind), FRAMES)


def test_a_root_may_be_a_link(tmp_path, inside, kind):
    path = written(inside, kind)
    (tmp_path / "link").symlink_to(inside)
    np.testing.assert_array_equal(read(tmp_path / "link", uri_of(path, kind), kind), FRAMES)


@pytest.mark.parametrize(("kind", "part"), [("tiff", "x_000002.tiff"), ("png", "x_000002.png"), ("zarr", "c/2/0/0/0")])
def test_one_frame_of_many_that_is_a_link(inside, outside, kind, part):
    path = written(inside, kind)
    shutil.move(path / part, outside / "frame")
    (path / part).symlink_to(outside / "frame")
    refused(inside, outside, uri_of(path, kind), kind)
    np.testing.assert_array_equal(read(inside, uri_of(path, kind), kind, allowed_roots=None), FRAMES)


def test_the_description_of_a_store_that_is_a_link(inside, outside):
    path = written(inside, "zarr")
    shutil.move(path / "zarr.json", outside)
    (path / "zarr.json").symlink_to(outside / "zarr.json")
    refused(inside, outside, path, "zarr")


def test_no_root_allows_nothing(inside):
    with pytest.raises(UntrustedPathError, match=r"allowed_roots \(none\)"):
        read(inside, written(inside), allowed_roots=[])


def test_one_root_is_no_list_of_characters(inside):
    with pytest.raises(TypeError, match="must be a list of folders"):
        read(inside, "/x.h5", allowed_roots=str(inside))


def test_a_handler_of_somebody_elses_gets_an_allowed_path_only(inside, outside):
    made = []
    documents = stream(f"file://localhost{outside}/x", "my/format", {})
    run = framestore_handlers.load(documents, allowed_roots=[inside], handlers={"my/format": made.append})
    with pytest.raises(UntrustedPathError):
        run["primary"].read("image")
    assert not made


@pytest.mark.parametrize("roots", [None, "inside"])
@pytest.mark.parametrize("what", ["pipe", "device", "socket"])
def test_what_is_no_file_is_not_opened(inside, kind, roots, what, tmp_path, monkeypatch):
    path = written(inside, kind)
    file = {"tiff": path / "x_000000.tiff", "png": path / "x_000000.png", "zarr": path / "c/0/0/0/0"}.get(kind, path)
    file.unlink()
    if what == "pipe":
        os.mkfifo(file)
    elif what == "device":
        os.mknod(file, 0o600 | 0o020000, os.makedev(1, 5))  # as /dev/zero
    else:
        monkeypatch.chdir(file.parent)  # names of sockets are short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(file.name)
    with pytest.raises(OSError, match="is (a device|a pipe or a socket), expected a file"):
        read(inside, uri_of(path, kind), kind, allowed_roots=roots and [inside])
