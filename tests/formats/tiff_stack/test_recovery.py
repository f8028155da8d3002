"""What a killed writer leaves in a stack of TIFF pages, and what recovery makes of it."""

import struct

import numpy as np
import pytest
import tifffile
from framestore_handlers.place import Place
from framestore_handlers.tiff_stack import recover
from framestore_handlers.tiff_stack.pages import Pages
from written import Written

from framestore.formats import TIFFStack


def written(path, count=4, **settings):
    frames = np.random.default_rng(1).poisson(20, (count, 5, 7)).astype("u2")
    writer = Written(TIFFStack(**settings), path, (5, 7), frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k)
    writer.flush()
    return writer, frames


def killed(path, **settings):
    """What a writer leaves when it is killed, and the frames."""
    writer, frames = written(path.with_name("killed.tiff"), **settings)
    path.write_bytes(path.with_name("killed.tiff").read_bytes())
    writer.discard()
    return frames


def test_a_stack_that_was_closed_is_in_order(tmp_path):
    path = tmp_path / "stack.tiff"
    written(path)[0].close()
    before = path.read_bytes()
    found = recover(path, dry_run=False)
    assert (found.path, found.frames, found.found, found.mended) == (path, 4, (), False)
    assert path.read_bytes() == before


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_part_of_a_page_behind_the_last_is_cut_off(tmp_path, compression):
    path = tmp_path / "stack.tiff"
    frames = killed(path, compression=compression)
    whole = path.read_bytes()
    for tail in (b"x", bytes(70), whole[16:200]):
        path.write_bytes(whole + tail)
        tried = recover(path, dry_run=True)
        assert (tried.frames, len(tried.found), tried.mended) == (4, 1, False)
        assert tried.found[0].startswith(f"{len(tail)} bytes behind the last page")
        assert path.read_bytes() == whole + tail
        done = recover(path, dry_run=False)
        assert (done.frames, done.found, done.mended) == (4, tried.found, True)
        assert path.read_bytes() == whole
    np.testing.assert_array_equal(tifffile.imread(path), frames)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_file_that_is_cut_off_anywhere_keeps_all_whole_frames(tmp_path, compression):
    path = tmp_path / "stack.tiff"
    frames = killed(path, compression=compression)
    whole = path.read_bytes()
    with Pages(Place.of(path)) as pages:
        links = [pages.page(k).link for k in range(4)]
    for length in range(16, len(whole), 13):
        path.write_bytes(whole[:length])
        found = recover(path, dry_run=False)
        assert found.mended
        assert sum(length > link + 400 for link in links) <= found.frames <= sum(length > link for link in links)
        again = recover(path, dry_run=False)
        assert (again.frames, again.found, again.mended) == (found.frames, (), False)
        if found.frames:
            with tifffile.TiffFile(path) as file:
                read = np.array([page.asarray() for page in file.pages])
            np.testing.assert_array_equal(read, frames[: found.frames])


def test_frames_that_were_taken_out_in_the_middle_leave_the_others(tmp_path):
    path = tmp_path / "stack.tiff"
    writer, frames = written(path)
    writer.remove(1, 2)
    writer.flush()
    killed = path.read_bytes()
    writer.close()
    path.write_bytes(killed)
    assert recover(path, dry_run=False).found == ()
    np.testing.assert_array_equal(tifffile.imread(path), frames[[0, 3]])


def test_a_stack_that_is_being_written_is_left_alone(tmp_path):
    path = tmp_path / "stack.tiff"
    writer, _ = written(path)
    with pytest.raises(BlockingIOError, match=r"being written.*stack\.tiff"):
        recover(path, dry_run=False)
    writer.close()
    assert recover(path, dry_run=False).found == ()


def test_stacks_of_others_are_left_alone(tmp_path):
    path = tmp_path / "foreign.tiff"
    tifffile.imwrite(path, np.zeros((3, 5, 7), "u2"), bigtiff=True, photometric="minisblack")
    before = path.read_bytes() + b"something behind"
    path.write_bytes(before)
    for content in (before, struct.pack("<2sHI", b"II", 42, 8) + bytes(20)):
        path.write_bytes(content)
        with pytest.raises(OSError, match=r"foreign\.tiff is no stack of TIFF pages that framestore wrote"):
            recover(path, dry_run=False)
        assert path.read_bytes() == content


def test_a_stack_without_a_frame(tmp_path):
    path = tmp_path / "stack.tiff"
    path.write_bytes(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0) + b"half a page")
    found = recover(path, dry_run=False)
    assert (found.frames, found.mended) == (0, True)
    assert path.stat().st_size == 16
