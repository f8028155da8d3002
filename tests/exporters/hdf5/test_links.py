"""Frames that stay where they are, read through the exported file by h5py and h5dump alone."""

import os
import subprocess

import bluesky.plans as bp
import h5py
import numpy as np
import pytest
from fronts_of import OPHYD, OPHYD_ASYNC, OPHYD_DATUM, fronts
from made_hdf5 import of_files, written
from plans import paused

from framestore.exporters import export_hdf5
from framestore.formats import HDF5


@pytest.fixture
def linked(tmp_path):
    def link(run, template="run.h5", **settings):
        (path,) = export_hdf5(run, tmp_path / "exported", template, link=True, **settings).files
        return path

    return link


def frames_in(path, field="camera_image"):
    with h5py.File(path) as file:
        return file[f"primary/data/{field}"][:]


@fronts(OPHYD, others=[OPHYD_DATUM, OPHYD_ASYNC])
def test_frames_are_read_from_where_they_are(run_engine, make_camera, documents, source, files, linked, front):
    camera = make_camera(source, name="camera", frames_per_point=2)
    run_engine(bp.count([camera], 3), documents)

    path = linked(documents, "{start[plan_name]}/run.h5")

    found = frames_in(path, front.image("camera"))
    assert found.shape == (3, 2, 5, 7)
    assert np.array_equal(found.reshape(6, 5, 7), [source.expected(k) for k in range(6)])
    with h5py.File(path) as file:
        (virtual,) = file[f"primary/data/{front.image('camera')}"].virtual_sources()
        assert virtual.file_name == os.path.relpath(files()[0], path.parent)
        assert len(file["primary/data"]) == 7
    with h5py.File(files()[0], "r+") as its:
        its["entry/data/data"][0] = 77
    assert (frames_in(path, front.image("camera"))[0, 0] == 77).all()


def test_both_folders_can_be_moved_together(tmp_path, linked):
    images = written(tmp_path / "here/frames/0%b.h5")
    documents = of_files(tmp_path / "here/frames", [6])
    documents[2][1]["uri"] = f"file://localhost{tmp_path}/here/frames/0%b.h5"
    (path,) = export_hdf5(documents, tmp_path / "here/exported", "run.h5", link=True).files
    assert np.array_equal(frames_in(path)[:, 0], images)

    (tmp_path / "here").rename(tmp_path / "there")

    moved = tmp_path / "there/exported/run.h5"
    assert np.array_equal(frames_in(moved)[:, 0], images)
    command = ["h5dump", "-y", "-w", "0", "-d", "/primary/data/camera_image", moved]
    text = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
    assert ", ".join(map(str, images[-1, -1])) in text


def test_a_folder_that_is_a_link_to_another(tmp_path, linked):
    images = written(tmp_path / "disk/deep/frames/0.h5")
    (tmp_path / "frames").symlink_to("disk/deep/frames")
    (tmp_path / "disk/other/exported").mkdir(parents=True)
    (tmp_path / "exported").symlink_to("disk/other/exported")

    path = linked(of_files(tmp_path / "frames", [6]))

    assert np.array_equal(frames_in(path)[:, 0], images)
    assert np.array_equal(frames_in(tmp_path / "disk/other/exported/run.h5")[:, 0], images)


def test_sources_that_nobody_can_write(tmp_path, mount, linked):
    written(tmp_path / "frames/0.h5")
    content = (tmp_path / "frames/0.h5").read_bytes()
    documents = of_files(tmp_path / "frames", [6])
    with mount(tmp_path / "frames", "size=1m"):
        (tmp_path / "frames/0.h5").write_bytes(content)
        subprocess.run(["mount", "-o", "remount,ro", tmp_path / "frames"], check=True)

        found = frames_in(linked(documents))

    with h5py.File(tmp_path / "frames/0.h5") as file:
        assert np.array_equal(found[:, 0], file["entry/data/data"][:])


def test_several_files_and_points_that_were_taken_again(run_engine, make_camera, documents, source, linked, files):
    run_engine.subscribe(documents)
    paused(run_engine, make_camera(source, name="camera", format=HDF5(rotate_frames=2)), (1, "read"), (2, "save"))
    (copied,) = export_hdf5(documents, linked(documents).parent, "copied.h5").files

    path = copied.parent / "run.h5"

    assert len(files()) > 1
    assert np.array_equal(frames_in(path), frames_in(copied))
    with h5py.File(path) as file:
        assert len({part.file_name for part in file["primary/data/camera_image"].virtual_sources()}) == len(files())


def test_a_run_that_is_still_being_written(run_engine, make_camera, documents, source, linked):
    """The links are good once the camera is unstaged."""
    paths = []

    def export(name, document):
        documents(name, document)
        if name == "stop":
            paths.append(linked(documents))

    run_engine(bp.count([make_camera(source, name="camera")], 3), export)

    assert np.array_equal(frames_in(paths[0])[:, 0], [source.expected(k) for k in range(3)])


def test_what_cannot_be_linked_is_refused_first(run_engine, make_camera, documents, source, tmp_path, linked):
    run_engine(bp.count([make_camera(source, name="camera", format="tiff")], 2), documents)

    with pytest.raises(
        ValueError, match="camera_image of stream 'primary': .* not rows of HDF5 .* leave out link=True"
    ):
        linked(documents)

    written(tmp_path / "frames/0.h5")
    run = of_files(tmp_path / "frames", [6])
    with pytest.raises(ValueError, match="link=True leaves pixels as they are; leave out subtract"):
        linked(run, dtype="f8")
    with pytest.raises(ValueError, match="link=True leaves pixels as they are; chunks=4"):
        linked(run, chunks=4)
    with pytest.raises(ValueError, match="129 files"):
        linked(of_files(tmp_path / "frames", [1] * 129))
    assert not (tmp_path / "exported").exists()


def test_a_source_that_vanishes_later_gives_nan_of_floats(tmp_path, linked):
    written(tmp_path / "frames/0.h5", dtype="f4")
    documents = of_files(tmp_path / "frames", [6])
    documents[1][1]["data_keys"]["camera_image"]["dtype_numpy"] = "<f4"
    path = linked(documents)

    (tmp_path / "frames/0.h5").unlink()

    assert np.isnan(frames_in(path)).all()
