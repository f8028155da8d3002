"""Files that are gone are named all together, by one error, however the frames are read."""

import copy
import gc
import os
import pickle
import re
from itertools import product
from pathlib import Path

import bluesky.plans as bp
import framestore_handlers
import h5py
import numpy as np
import pytest
from framestore_handlers import MissingFileError, UntrustedPathError
from framestore_handlers.missing import MissingFromBlockError
from slow import slow
from ways import WAYS

FILES = 30


@pytest.fixture
def rotated(tmp_path):
    """Documents of a flown scan of 60 events in 30 files, two in each; frame k is full of k."""
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
    pairs = [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
    ]
    (tmp_path / "data").mkdir()
    for k in range(FILES):
        path = tmp_path / "data" / f"{k}.h5"
        with h5py.File(path, "w") as file:
            file["/entry/data/data"] = np.repeat(np.arange(2 * k, 2 * k + 2, dtype="u2"), 6).reshape(2, 2, 3)
        resource = {"uid": f"r{k}", "data_key": "image", "mimetype": "application/x-hdf5"}
        resource |= {"uri": f"file://localhost{path}", "parameters": {"dataset": "/entry/data/data"}}
        datum = {"uid": f"r{k}/0", "stream_resource": f"r{k}", "descriptor": "d"}
        datum |= {"indices": {"start": 2 * k, "stop": 2 * k + 2}, "seq_nums": {"start": 2 * k + 1, "stop": 2 * k + 3}}
        pairs += [("stream_resource", resource), ("stream_datum", datum)]
    return pairs


@pytest.fixture
def paths(rotated, tmp_path):
    return [tmp_path / "data" / f"{k}.h5" for k in range(FILES)]


def numbers(array):
    return np.asarray(array)[:, 0, 0, 0].tolist()


READS = {
    "read": lambda stream: stream.read("image"),
    "threads": lambda stream: stream["image"].compute(scheduler="threads"),
    "processes": lambda stream: stream["image"].compute(scheduler="processes"),
    "timestamps": lambda stream: stream.read_timestamps("image"),
    "xarray": lambda stream: stream.to_xarray()["image"].load(),
    "sum": lambda stream: stream["image"].sum().compute(),
    "one of them": lambda stream: stream["image"][9].compute(),
}


@pytest.mark.parametrize("read", [*(read for read in READS if read != "processes"), *slow("processes")])
def test_all_are_named_by_one_error(rotated, paths, read):
    gone = [paths[k] for k in (4, 11, 29)]
    for path in gone:
        path.unlink()
    stream = framestore_handlers.load(rotated, block_bytes=5 * 12)["primary"]
    with pytest.raises(MissingFileError) as error:
        READS[read](stream)
    message = str(error.value)
    assert re.search("3 files of (the times of )?'image' of stream 'primary' are not there", message)
    assert [path for path in paths if str(path) in message] == gone
    assert f"root_map={{{str(paths[0].parent)!r}: <folder on this machine>}}" in message


@pytest.mark.parametrize("scheduler", ["synchronous", *slow("processes")])
def test_the_only_one_is_named_wherever_it_is_missed(rotated, paths, scheduler):
    paths[4].unlink()
    array = framestore_handlers.load(rotated)["primary"]["image"]
    with pytest.raises(MissingFileError, match=re.escape(str(paths[4]))) as error:
        array.compute(scheduler=scheduler, num_workers=2)
    assert error.value.__cause__ is not error.value
    assert str(error.value).count(str(paths[4])) == 1


def test_what_is_there_is_read_whatever_else_is_gone(rotated, paths):
    paths[0].unlink()
    stream = framestore_handlers.load(rotated)["primary"]
    assert numbers(stream.read("image", 2)) == list(range(2, 60))
    assert numbers(stream["image"][2:]) == list(range(2, 60))


def test_many_are_counted(rotated, paths):
    for path in paths:
        path.unlink()
    with pytest.raises(MissingFileError, match="30 files of .* and 10 others$") as error:
        framestore_handlers.load(rotated)["primary"].read("image")
    assert str(paths[19]) in str(error.value)
    assert str(paths[20]) not in str(error.value)


def test_runs_tell_their_files(rotated, paths):
    run = framestore_handlers.load(rotated)
    assert run.files() == paths
    assert run.missing_files() == []
    paths[7].unlink()
    paths[8].unlink()
    paths[8].symlink_to(paths[7])
    assert run["primary"].files("image") == paths
    assert run.missing_files() == paths[7:9], "a link that leads nowhere is as good as none"
    assert run["primary"].missing_files("image") == paths[7:9]


def test_files_are_named_where_root_map_puts_them(rotated, paths, tmp_path):
    run = framestore_handlers.load(rotated, root_map={str(tmp_path): "/nowhere"})
    assert run.missing_files() == [Path("/nowhere/data", path.name) for path in paths]


def test_nothing_is_looked_at_outside_of_allowed_roots(rotated, paths, tmp_path):
    pairs = copy.deepcopy(rotated)
    outside = [document for name, document in pairs if name == "stream_resource"][-1]
    outside["uri"] = "file://localhost/etc/shadow.h5"
    paths[0].unlink()
    run = framestore_handlers.load(pairs, allowed_roots=[tmp_path])
    for look in (run.missing_files, lambda: run["primary"].read("image", 2)):
        with pytest.raises(UntrustedPathError, match="/etc/shadow.h5"):
            look()


@pytest.mark.parametrize("other", ["outside", "a pipe"])
@pytest.mark.parametrize("read", [READS["read"], lambda stream: stream["image"][9].compute()], ids=["read", "index"])
def test_what_is_wrong_with_another_file_does_not_hide_which_is_gone(rotated, paths, tmp_path, other, read):
    for path in paths[4::4]:
        path.unlink()
    if other == "outside":
        paths[4 * 5].symlink_to("/etc/shadow")
    else:
        os.mkfifo(paths[4 * 5])
    stream = framestore_handlers.load(rotated, allowed_roots=[tmp_path])["primary"]
    with pytest.raises(MissingFileError, match=re.escape(f"{paths[4]} is named by the documents but is not there")):
        read(stream)
    with pytest.raises(UntrustedPathError if other == "outside" else OSError, match=re.escape(str(paths[4 * 5]))):
        stream.missing_files("image")


@pytest.mark.parametrize(("name", "family"), [*product(["tiff", "zarr", "tiff stack"], ["stream", "datum"])])
def test_files_of_other_formats(run_engine, make_camera, documents, numbered_source, folder, name, family):
    way = WAYS[name](numbered_source((8, 16), "uint8"))
    camera = make_camera(way.source, **way.settings, documents=family, frames_per_point=2)
    run_engine(bp.count([camera], 3), documents)
    run = way.load(documents)
    stream, files = run["primary"], run.files()
    assert len(files) == (1 if name == "tiff stack" else 6)
    assert all(path.is_file() for path in files)
    assert stream.missing_files("camera_image") == []
    for path in files[-2:]:
        path.unlink()
    assert stream.missing_files("camera_image") == files[-2:]
    with pytest.raises(OSError, match=re.escape(str(files[-2:][0]))):
        stream.read("camera_image")


def test_a_store_that_is_gone_is_named(run_engine, make_camera, documents, numbered_source, folder):
    way = WAYS["zarr"](numbered_source((8, 16), "uint8"))
    run_engine(bp.count([make_camera(way.source, **way.settings)], 2), documents)
    folder.rename(folder.with_name("elsewhere"))
    (gone,) = way.load(documents).missing_files()
    assert gone.is_relative_to(folder)


def test_files_are_not_looked_at_unless_one_is_missed(rotated, monkeypatch):
    looked = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: looked.append(folder) or scandir(folder))
    run = framestore_handlers.load(rotated)
    run["primary"]["image"].compute()
    run.files()
    assert looked == []
    assert run.missing_files() == []
    assert looked == [], "a folder is not listed anew for each resource in it"


def test_a_folder_of_many_is_listed_once(tmp_path, monkeypatch):
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": [1, 2, 3], "external": "STREAM:"}
    resource = {"uid": "r", "data_key": "image", "mimetype": "multipart/related;type=image/tiff"}
    resource |= {"uri": f"file://localhost{tmp_path}/", "parameters": {"template": "{:03d}.tiff"}}
    datum = {"uid": "r/0", "stream_resource": "r", "descriptor": "d"}
    datum |= {"indices": {"start": 0, "stop": 60}, "seq_nums": {"start": 1, "stop": 61}}
    descriptor = {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}
    pairs = [("start", {"uid": "run", "time": 0.0}), ("descriptor", descriptor)]
    run = framestore_handlers.load([*pairs, ("stream_resource", resource), ("stream_datum", datum)])
    paths = [tmp_path / f"{k:03d}.tiff" for k in range(60)]
    for path in paths[:50]:
        path.touch()
    paths[7].unlink()
    paths[7].symlink_to(paths[8])
    paths[55].symlink_to(paths[56])
    looked = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: looked.append(folder) or scandir(folder))
    assert run.missing_files() == paths[50:]
    assert looked == [tmp_path]


def test_a_block_alone_names_its_own(rotated, paths):
    """As a worker has it: not the array, only a task."""
    array = framestore_handlers.load(rotated, block_bytes=5 * 12)["primary"]["image"]
    task = pickle.dumps(dict(array.dask)[array.__dask_keys__()[1][0][0][0]])
    for k in (0, 3, 4, 29):
        paths[k].unlink()
    with pytest.raises(MissingFileError, match="4 files of 'image' of stream 'primary' are not there"):
        pickle.loads(task)()  # noqa: S301 - it was made here
    travelling = pickle.dumps(array)
    del array
    gc.collect()
    with pytest.raises(MissingFileError, match=re.escape("missing_files()")) as error:
        pickle.loads(task)()  # noqa: S301 - it was made here
    assert [path for path in paths if str(path) in str(error.value)] == [paths[3], paths[4]]
    error = pickle.dumps(error.value)
    assert "2 files of" in str(pickle.loads(error))  # noqa: S301 - it was made here
    array = pickle.loads(travelling)  # noqa: S301 - it was made here
    assert "4 files of" in str(pickle.loads(error)), "where the array is, all are named"  # noqa: S301 - the same
    with pytest.raises(MissingFileError, match="4 files of"):
        array[7].compute()
    paths[0].parent.rename(paths[0].parent.with_name("elsewhere"))
    assert "2 files of" in str(pickle.loads(error)), "of what this machine does not see, it says nothing"  # noqa: S301


def test_a_file_out_of_more_than_can_be_listed_is_named(rotated, tmp_path):
    """One number of a document claims millions of files; the first of them that is gone is the error."""
    start, (_, descriptor), (_, resource), (_, datum) = rotated[:4]
    resource |= {"mimetype": "multipart/related;type=image/tiff", "uri": f"file://localhost{tmp_path}/data/"}
    resource |= {"parameters": {"template": "{:09d}.tiff", "chunk_shape": [1, 2, 3], "join_method": "stack"}}
    datum |= {"indices": {"start": 0, "stop": 2**30}, "seq_nums": {"start": 1, "stop": 2**30 + 1}}
    pairs = [start, ("descriptor", descriptor), ("stream_resource", resource), ("stream_datum", datum)]
    stream = framestore_handlers.load(pairs)["primary"]
    array, message = stream["image"], re.escape(f"{tmp_path}/data/000000007.tiff is named by the documents")
    with pytest.raises(MissingFileError, match=message):
        array[7].compute()
    error = MissingFromBlockError(
        f"{tmp_path}/data/000000007.tiff is named by the documents", array.name, "image", (), 1
    )
    with pytest.raises(MissingFileError, match=message):
        raise pickle.loads(pickle.dumps(error))  # noqa: S301 - as it comes from another process
