"""Moved data, folders that are not to be left, and files that cannot be read by who looks."""

import os
import shutil
from contextlib import contextmanager

import framestore_handlers
import pytest
from fronts_of import OPHYD, OPHYD_DATUM, fronts
from untrusted import WRITERS, nothing_is_opened_in, stream, written


@pytest.mark.parametrize("name", ["hdf5", "tiff"])
@fronts(OPHYD, OPHYD_DATUM)
def test_moved_data(take, tmp_path, name, front):
    taken = take(name)
    shutil.move(taken.folder, tmp_path / "elsewhere")
    assert taken.failures() == [("missing", (0, 6))]
    assert "root_map=" in str(taken.verify())
    run = taken.load(root_map={str(taken.folder): tmp_path / "elsewhere"})
    assert framestore_handlers.verify(run).ok
    assert framestore_handlers.verify(run, deep=True).ok


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_outside_is_not_opened(tmp_path, kind):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    path = written(outside, kind)
    name, mimetype, parameters, _ = WRITERS[kind]
    (inside / path.name).symlink_to(path)
    for folder in (outside, inside):
        uri = f"file://localhost{folder}/{name}"
        documents = [*stream(uri, mimetype, parameters)]
        for deep in (False, True):
            with nothing_is_opened_in(outside):
                run = framestore_handlers.load(documents, allowed_roots=[inside])
                report = framestore_handlers.verify(run, deep=deep)
            (finding,) = (finding for finding in report.findings if finding.kind != "note")
            assert (finding.kind, finding.frames) == ("outside", (0, 4))
            assert "outside of allowed_roots" in finding.what
    assert framestore_handlers.verify(framestore_handlers.load(documents, allowed_roots=[outside, inside])).ok


@contextmanager
def as_somebody_else():
    """Root reads what it likes."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["hdf5", "png"])
def test_a_file_that_may_not_be_read(take, name, tmp_path):
    taken = take(name)
    for folder in (tmp_path, *tmp_path.parents):
        if "pytest-" in str(folder):  # those of this test run, however deep
            folder.chmod(0o755)
    run = taken.load()
    assert framestore_handlers.verify(run, deep=True).ok  # what is imported when it is needed is there
    taken.files[0].chmod(0)
    with as_somebody_else():
        (finding,) = framestore_handlers.verify(run).findings
    assert (finding.kind, finding.frames) == ("unreadable", (0, 6) if name == "hdf5" else (0, 1))
    assert str(taken.files[0]) in finding.what
    taken.files[0].chmod(0o644)


@pytest.mark.parametrize("name", ["hdf5", "tiff_stack", "png", "zarr"])
def test_something_else_of_that_name(take, name):
    """A pipe would wait for somebody who writes into it; a folder, and a link to itself, are no files."""
    taken = take(name)
    file = taken.files[0]
    frames = (0, 6) if name in {"hdf5", "tiff_stack"} else (0, 1)
    makers = {"pipe": os.mkfifo, "folder": os.mkdir, "loop": lambda path: path.symlink_to(path)}
    for kind, make in makers.items():
        file.unlink()
        make(file)
        for deep in (False, True):
            ((found, where),) = taken.failures(deep=deep)
            assert where == frames, kind
            assert found in {"damaged", "unreadable", "missing"}
        taken.again()
