"""Series of an Eiger: a master file, and files of images that it links to."""

import os
import time

import framestore_handlers
import h5py
import ioc
import numpy as np
import pytest
from area_detector_handlers import eiger
from framestore_handlers import MissingFileError, UntrustedPathError
from framestore_handlers.areadetector.eiger import EigerHandler


@pytest.fixture
def images():
    return ioc.frames(10)


@pytest.fixture
def paths(tmp_path, images):
    """A master file, and three of images: 4, 4 and 2."""
    return ioc.write_eiger(tmp_path / "a", 3, images, 4)


@pytest.fixture
def handler(tmp_path, paths):
    return EigerHandler(tmp_path / "a", images_per_file=4)


def load(prefix, datums, shape, **options):
    pairs = ioc.run_of("AD_EIGER2", prefix, datums, shape=shape, dtype="uint16", images_per_file=4)
    return framestore_handlers.load(pairs, **options)["primary"].read("image")


def relink(master, name, to):
    with h5py.File(master, "r+") as file:
        del file[f"entry/data/{name}"]
        file[f"entry/data/{name}"] = to


def test_every_file_once(tmp_path, handler, images):
    """That of area-detector-handlers repeats the first."""
    np.testing.assert_array_equal(handler(3).compute(), images)
    with eiger.EigerHandler(str(tmp_path / "a"), images_per_file=4) as theirs:
        np.testing.assert_array_equal(theirs(3).compute(), np.concatenate([images[:4]] * 3))
        with pytest.raises(AttributeError):
            theirs(3, frame_num=2)


def test_a_file_that_was_replaced_is_looked_at_again(tmp_path, handler, paths, images):
    np.testing.assert_array_equal(load(tmp_path / "a", [{"seq_id": 3}], (10, 4, 5))[0], images)
    ioc.write_eiger(tmp_path / "a", 3, np.concatenate([images, images]) + 7, 8)
    np.testing.assert_array_equal(load(tmp_path / "a", [{"seq_id": 3}], (20, 4, 5))[0, :10], images + 7)
    np.testing.assert_array_equal(handler(3)[:10].compute(), images + 7)


def test_a_file_that_grew_within_a_tick_of_its_clock_is_looked_at_again(tmp_path):
    """Neither its size nor its time of change says so: there was room in its last chunk."""
    images = ioc.frames(7)
    _, first, _ = ioc.write_eiger(tmp_path / "a", 3, images[[0, 1, 2, 5, 6]], 3)
    with h5py.File(first, "w", libver="latest") as file:
        file.create_dataset("entry/data/data", data=images[:3], chunks=(8, 4, 5), maxshape=(None, 4, 5))
    datums = [{"seq_id": 3, "frame_num": k} for k in range(5)]
    np.testing.assert_array_equal(load(tmp_path / "a", datums, (4, 5)), images[[0, 1, 2, 5, 6]])
    before = first.stat()
    with h5py.File(first, "r+", libver="latest") as file:
        file["entry/data/data"].resize(5, 0)
        file["entry/data/data"][3:] = images[3:5]
    os.utime(first, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert first.stat().st_size == before.st_size
    np.testing.assert_array_equal(load(tmp_path / "a", datums, (4, 5)), images[:5])


def test_a_file_of_the_same_age_in_its_place_is_looked_at_again(tmp_path, paths, images):
    """Whose size is the same, too: files are moved with their times."""
    hour_ago = time.time() - 3600
    for path in paths:
        os.utime(path, (hour_ago, hour_ago))
    assert load(tmp_path / "a", [{"seq_id": 3}], (10, 4, 5)).shape == (1, 10, 4, 5)
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file.create_dataset("entry/data/data", data=images[:3] + 7, chunks=(1, 4, 5))
    size = max(other.stat().st_size, paths[1].stat().st_size)
    for path in (other, paths[1]):
        os.truncate(path, size)
        os.utime(path, (hour_ago, hour_ago))
    assert load(tmp_path / "a", [{"seq_id": 3}], (10, 4, 5)).shape == (1, 10, 4, 5)
    other.replace(paths[1])
    found = load(tmp_path / "a", [{"seq_id": 3}], (9, 4, 5))[0]
    np.testing.assert_array_equal(found, np.concatenate([images[:3] + 7, images[4:]]))


@pytest.mark.parametrize("number", [0, 3, 4, 9])
def test_one_image(handler, images, number):
    np.testing.assert_array_equal(handler(3, frame_num=number).compute(), images[number])


def test_images_that_are_not_there(tmp_path, handler):
    with pytest.raises(OSError, match=r"a_3_master\.h5 has 10 images, there is no image 10"):
        handler(3, frame_num=10)
    with pytest.raises(OSError, match=r"a_3_master\.h5 has 10 images, its documents name images up to 12"):
        load(tmp_path / "a", [{"seq_id": 3, "frame_num": k} for k in range(12)], (1, 4, 5))
    with pytest.raises(ValueError, match="frame_num must be a whole number from 0 to 4398046511104, not -1"):
        handler(3, -1)


@pytest.mark.parametrize("count", [9, 11])
def test_a_series_of_another_length_than_documents_say(tmp_path, paths, count):
    with pytest.raises(OSError, match=r"a_3_master\.h5 (holds an event of 10 rows|has 10 images)"):
        load(tmp_path / "a", [{"seq_id": 3}], (count, 4, 5))


@pytest.mark.parametrize("shape", [(1, 5), (2, 4, 5), (1, 4, 6), (8, 5)], ids=str)
def test_images_of_another_shape_than_documents_say(tmp_path, paths, shape):
    with pytest.raises(OSError, match="its documents (say|name)"):
        load(tmp_path / "a", [{"seq_id": 3, "frame_num": 2}], shape)


@pytest.mark.parametrize("seq_id", ["../a_3", "", "x", -1, None, 1.5])
def test_a_series_is_a_number(tmp_path, handler, seq_id):
    with pytest.raises(ValueError, match="seq_id must be a whole number from 0 to 4398046511104, not"):
        handler(seq_id)
    with pytest.raises(ValueError, match="seq_id must be a whole number from 0 to 4398046511104, not"):
        load(tmp_path / "a", [{"seq_id": seq_id}], (10, 4, 5))


@pytest.mark.parametrize("seq_id", [3, 3.0, "3", np.int64(3)], ids=repr)
def test_a_number_however_a_database_has_it(handler, images, seq_id):
    np.testing.assert_array_equal(handler(seq_id, np.float64(4)).compute(), images[4])


def test_a_number_with_zeros_before_it(tmp_path, images):
    ioc.write_eiger(tmp_path / "a", "003", images, 4)
    np.testing.assert_array_equal(EigerHandler(tmp_path / "a", 4)("003").compute(), images)


def test_datums_that_say_less_or_more(tmp_path, paths):
    with pytest.raises(ValueError, match="a datum does not say its seq_id"):
        load(tmp_path / "a", [{"frame_num": 3}], (10, 4, 5))
    with pytest.raises(ValueError, match="a datum says image_slice, of which nothing is known; known: seq_id"):
        load(tmp_path / "a", [{"seq_id": 3, "image_slice": 1}], (10, 4, 5))


def test_a_file_of_images_that_is_missing_is_named_with_its_master(tmp_path, handler, paths, images):
    paths[2].unlink()
    message = r"a_3_data_000002\.h5 .*a_3_master\.h5 links to it"
    with pytest.raises(MissingFileError, match=message):
        handler(3)
    with pytest.raises(MissingFileError, match=message):
        load(tmp_path / "a", [{"seq_id": 3}], (10, 4, 5))
    given = load(tmp_path / "a", [{"seq_id": 3, "frame_num": k} for k in range(4)], (4, 5))
    np.testing.assert_array_equal(given, images[:4])
    assert handler.get_file_list([{"seq_id": 3}]) == [str(path) for path in paths]
    with pytest.raises(FileNotFoundError, match="a_3_data_000002"):
        handler.get_file_sizes([{"seq_id": 3}])


def test_a_master_file_that_is_missing(tmp_path, handler):
    with pytest.raises(MissingFileError, match=r"a_4_master\.h5 .* not there"):
        handler(4)
    with pytest.raises(MissingFileError, match=r"/there/a_4_master\.h5, which root_map puts at .*a_4_master\.h5"):
        load("/there/a", [{"seq_id": 4}], (10, 4, 5), root_map={"/there": tmp_path})


def test_other_series_whose_number_begins_alike(tmp_path, handler, paths):
    ioc.write_eiger(tmp_path / "a", 31, ioc.frames(2), 4)
    assert handler.get_file_list([{"seq_id": 3}, {"seq_id": 3}]) == [str(path) for path in paths]


def test_links_by_the_whole_path_of_a_folder_that_was_moved(tmp_path, handler, paths, images):
    for number in (1, 2, 3):
        relink(paths[0], f"data_{number:06d}", h5py.ExternalLink(f"/gone/a_3_data_{number:06d}.h5", "entry/data/data"))
    np.testing.assert_array_equal(handler(3).compute(), images)
    paths[1].unlink()
    with pytest.raises(MissingFileError, match=r"/gone/a_3_data_000001\.h5"):
        handler(3)


def test_a_symbolic_link_to_the_master_alone(tmp_path, paths, images):
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "b_3_master.h5").symlink_to(paths[0])
    np.testing.assert_array_equal(EigerHandler(tmp_path / "links" / "b", 4)(3).compute(), images)


@pytest.mark.parametrize("way", ["whole path", "above", "symbolic link"])
def test_links_that_lead_out_of_the_roots(tmp_path, paths, images, way):
    inside, outside = tmp_path / "inside", tmp_path / "outside.h5"
    inside.mkdir()
    for path in paths:
        path.rename(inside / path.name)
    (inside / paths[2].name).rename(outside)
    if way == "symbolic link":
        (inside / paths[2].name).symlink_to(outside)
    else:
        name = str(outside) if way == "whole path" else "../outside.h5"
        relink(inside / paths[0].name, "data_000002", h5py.ExternalLink(name, "entry/data/data"))
    datums = [{"seq_id": 3, "frame_num": k} for k in range(10)]
    np.testing.assert_array_equal(load(inside / "a", datums, (4, 5)), images)
    np.testing.assert_array_equal(load(inside / "a", datums[:4], (4, 5), allowed_roots=[inside]), images[:4])
    with pytest.raises(UntrustedPathError, match=r"outside\.h5.* is outside of allowed_roots"):
        load(inside / "a", datums, (4, 5), allowed_roots=[inside])


def test_a_group_that_stands_in_another_file_is_not_followed(tmp_path, handler, paths):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["data/data_000001"] = ioc.frames(1)
    with h5py.File(paths[0], "r+") as master:
        del master["entry"]
        master["entry"] = h5py.ExternalLink("other.h5", "/")
    with pytest.raises(OSError, match="names no images: it has no data_000001 in /entry/data or /entry"):
        handler(3)


def test_images_in_the_master_itself(tmp_path, handler, paths, images):
    relink(paths[0], "data_000002", images[4:8])
    np.testing.assert_array_equal(handler(3).compute(), images)
    assert handler.get_file_list([{"seq_id": 3}]) == [str(path) for path in (*paths[:2], paths[3])]


def test_more_than_a_million_files_are_in_their_order(tmp_path, handler, paths, images):
    relink(paths[0], "data_000003", h5py.ExternalLink("none.h5", "x"))
    with h5py.File(paths[0], "r+") as master:
        del master["entry/data/data_000003"]
        master["entry/data/data_1000000"] = h5py.ExternalLink(paths[3].name, "entry/data/data")
    np.testing.assert_array_equal(handler(3).compute(), images)


def test_compressed_as_the_detector_does(tmp_path, images):
    import hdf5plugin

    ioc.write_eiger(tmp_path / "a", 5, images, 4, **hdf5plugin.Bitshuffle(cname="lz4"))
    np.testing.assert_array_equal(EigerHandler(tmp_path / "a", 4)(5).compute(), images)


def test_neither_number_of_images(tmp_path):
    with pytest.raises(ValueError, match="neither images_per_file nor frame_per_point is given"):
        EigerHandler(tmp_path / "a")
