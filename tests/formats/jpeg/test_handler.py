"""The JPEG handler by itself, on files that plain Pillow wrote."""

import re

import numpy as np
import pytest
from framestore_handlers import JPEGHandler, MissingFileError
from framestore_handlers.jpeg import read_frame
from memory import little_memory
from PIL import Image, ImageFile


@pytest.fixture
def pixels(tmp_path):
    """Six files of a series, and what Pillow reads of them."""
    pixels = []
    for k in range(6):
        path = tmp_path / f"shot_{k:06d}.jpg"
        Image.fromarray(np.random.default_rng(k).integers(0, 255, (40, 50), "uint8")).save(path)
        with Image.open(path) as image:
            pixels.append(np.asarray(image))
    return np.array(pixels)


def test_points_are_lazy(tmp_path, pixels):
    handler = JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot", frame_per_point=2)
    point = handler(point_number=1)
    assert (point.shape, point.dtype) == ((2, 40, 50), np.uint8)
    np.testing.assert_array_equal(point.compute(), pixels[2:4])
    files = handler.get_file_list([{"point_number": 0}, {"point_number": 2}])
    assert files == [str(tmp_path / f"shot_00000{k}.jpg") for k in (0, 1, 4, 5)]


def test_only_the_first_file_is_opened_before_a_point_is_computed(tmp_path, pixels):
    (tmp_path / "shot_000003.jpg").write_bytes(b"")
    point = JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot", frame_per_point=2)(1)
    with pytest.raises(OSError, match=r"shot_000003\.jpg is not JPEG, or cut off"):
        point.compute()


def test_any_file_of_a_point_that_is_gone_is_missed_at_once(tmp_path, pixels):
    """So that event-model's Filler waits for it."""
    (tmp_path / "shot_000003.jpg").unlink()
    handler = JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot", frame_per_point=2)
    handler(0)
    with pytest.raises(MissingFileError, match=r"shot_000003\.jpg"):
        handler(1)


def test_a_negative_point(tmp_path, pixels):
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not -1"):
        JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot")(-1)


def test_a_point_that_is_not_there(tmp_path, pixels):
    with pytest.raises(MissingFileError, match=r"shot_000006\.jpg"):
        JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot")(6)


def test_a_template_that_is_none(tmp_path):
    with pytest.raises(ValueError, match="template 'shot.jpg' is refused: it holds 0 numbers"):
        JPEGHandler(tmp_path, "shot.jpg")


def test_a_frame_of_another_shape_is_refused_before_it_is_decoded(tmp_path, pixels):
    """12 million pixels, which nobody asked for, take 36 MB."""
    Image.new("RGB", (4000, 3000)).save(tmp_path / "shot_000001.jpg")
    handler = JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot", frame_per_point=2)
    handler(1).compute()  # what it imports takes memory, too
    point = handler(0)
    message = r"shot_000001.jpg holds frames of (3000, 4000, 3) uint8, its documents say"
    with little_memory(2**23), pytest.raises(OSError, match=re.escape(message)):
        point.compute()


def test_a_frame_of_another_shape_is_an_error_not_a_cast(tmp_path, pixels):
    Image.fromarray(pixels[0][:20]).save(tmp_path / "shot_000001.jpg")
    point = JPEGHandler(tmp_path, "%s%s_%6.6d.jpg", "shot", frame_per_point=2)(0)
    message = f"{tmp_path}/shot_000001.jpg holds frames of (20, 50) uint8, its documents say (40, 50) uint8"
    with pytest.raises(OSError, match=f"^{re.escape(message)}$"):
        point.compute()


def test_a_file_that_is_cut_off_anywhere_is_refused_never_read_as_something_else(tmp_path, pixels):
    """libjpeg itself makes grey of what is missing; so it does of zeros, which a crash may leave in a file."""
    path = tmp_path / "shot_000000.jpg"
    whole = path.read_bytes()
    for length in range(len(whole)):
        for content in (whole[:length], whole[:length] + bytes(len(whole) - length)):
            path.write_bytes(content)
            with pytest.raises(OSError, match=r"shot_000000\.jpg (is|cannot)"):
                read_frame(path)
    for padding in (b"", bytes(512), b"what some cameras append"):
        path.write_bytes(whole + padding)
        np.testing.assert_array_equal(read_frame(path), pixels[0])


def test_a_setting_that_hides_damage_is_refused(tmp_path, pixels, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(OSError, match="LOAD_TRUNCATED_IMAGES is set"):
        read_frame(tmp_path / "shot_000000.jpg")


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_another_format_under_the_name_is_refused(tmp_path, kind):
    Image.new("L", (4, 4)).save(tmp_path / "shot_000000.jpg", kind)
    with pytest.raises(OSError, match="is not JPEG"):
        read_frame(tmp_path / "shot_000000.jpg")
