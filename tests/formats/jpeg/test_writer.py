"""The JPEG writer, read by plain Pillow."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from written import TESTS, Written

from framestore.formats import JPEG

NAME = "shot_{:06d}.jpg"


def frames_of(shape, count):
    """Smooth frames, which JPEG keeps nearly as they are."""
    ramp = np.arange(shape[0])[:, None] + np.arange(shape[1])
    planes = [(ramp * (k + 1) + 40 * k) % 200 // 20 * 20 for k in range(count)]
    frames = np.array(planes, "uint8")
    return frames if len(shape) == 2 else np.stack([frames, frames[:, ::-1], 200 - frames], axis=-1)


def write(folder, frames, settings=None):
    writer = Written(settings or JPEG(), folder / NAME, frames.shape[1:], frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, 100 + k, np.float64(1e9 + k / 4))
    return writer


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (240, 320), (16, 24, 3)], ids=str)
def test_pillow_reads_what_its_own_encoder_would_have_written(tmp_path, shape):
    frames = frames_of(shape, 3)
    write(tmp_path, frames).close()
    assert names(tmp_path) == ["shot_000000.jpg", "shot_000001.jpg", "shot_000002.jpg"]
    for k, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / "plain.jpg", quality=90, subsampling="4:4:4")
        with Image.open(tmp_path / f"shot_{k:06d}.jpg") as image, Image.open(tmp_path / "plain.jpg") as plain:
            assert image.format == "JPEG"
            np.testing.assert_array_equal(np.asarray(image), np.asarray(plain))
            assert image.info["comment"] == f"frame_id={100 + k} timestamp={1e9 + k / 4!r}".encode()


def test_quality_is_what_was_asked_for(tmp_path):
    frames = np.random.default_rng(1).integers(0, 255, (1, 64, 64), "uint8")
    sizes = []
    for quality in (10, 50, 95):
        (tmp_path / str(quality)).mkdir()
        write(tmp_path / str(quality), frames, JPEG(quality=quality)).close()
        sizes.append((tmp_path / str(quality) / "shot_000000.jpg").stat().st_size)
    assert sizes == sorted(sizes)
    assert sizes[2] > 2 * sizes[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"quality": 0},
        {"quality": 101},
        {"quality": 50.0},
        {"quality": np.int64(90)},
        {"quality": True},
        {"subsampling": "4:1:1"},
    ],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        JPEG(**settings)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((4, 4), "uint16"),
        ((4, 4), "bool"),
        ((4, 4), "float32"),
        ((4,), "uint8"),
        ((4, 4, 4), "uint8"),
        ((0, 4), "uint8"),
        ((65501, 1), "uint8"),
        ((20000, 10000), "uint8"),
        ((2, 4, 4, 3), "uint8"),
        ((), "uint8"),
    ],
    ids=str,
)
def test_what_jpeg_cannot_hold_is_refused(shape, dtype):
    with pytest.raises(ValueError, match=re.escape(f"cannot hold frames of shape {shape} and dtype {dtype}")):
        JPEG().check(shape, np.dtype(dtype))


def test_the_largest_side_can_be_written(tmp_path):
    JPEG().check((1, 65500), np.dtype("u1"))
    write(tmp_path, np.zeros((1, 1, 65500), "u1")).close()
    with Image.open(tmp_path / "shot_000000.jpg") as image:
        assert image.size == (65500, 1)


def test_a_series_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "shot_000007.jpg").write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="shot_000007.jpg"):
        write(tmp_path, frames_of((4, 4), 1))
    assert names(tmp_path) == ["shot_000007.jpg"]
    assert (tmp_path / "shot_000007.jpg").read_bytes() == b"precious"


def test_a_dangling_link_counts_as_there(tmp_path):
    (tmp_path / "shot_000000.jpg").symlink_to(tmp_path / "nothing")
    with pytest.raises(FileExistsError):
        write(tmp_path, frames_of((4, 4), 1))
    assert names(tmp_path) == ["shot_000000.jpg"]


def test_a_file_that_comes_while_the_series_grows_is_not_overwritten(tmp_path):
    frames = frames_of((4, 4), 2)
    writer = write(tmp_path, frames[:1])
    (tmp_path / "shot_000001.jpg").write_bytes(b"of somebody else")
    with pytest.raises(FileExistsError):
        writer.append(frames[1], 1, 0.0)
    writer.close()
    assert names(tmp_path) == ["shot_000000.jpg", "shot_000001.jpg"]
    assert (tmp_path / "shot_000001.jpg").read_bytes() == b"of somebody else"


@pytest.mark.parametrize(
    "other", ["shot_.jpg", "shot_1.png", "shot_a.jpg", "shot_000001.jpg.bak", "another_000001.jpg"]
)
def test_other_names_do_not_count_as_the_series(tmp_path, other):
    (tmp_path / other).touch()
    write(tmp_path, frames_of((4, 4), 1)).close()
    assert names(tmp_path) == sorted([other, "shot_000000.jpg"])


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_frames_that_are_taken_back_are_replaced_whole(tmp_path, keep):
    frames = frames_of((8, 8), 4)
    writer = write(tmp_path, frames[:3])
    writer.remove(keep, 3 - keep)
    assert len(names(tmp_path)) == 3, "a file that is to be replaced stays until then"
    writer.append(frames[3], 77, 7.0)
    assert len(names(tmp_path)) == max(3, keep + 1)
    writer.close()
    assert names(tmp_path) == [f"shot_{k:06d}.jpg" for k in range(keep + 1)]
    with Image.open(tmp_path / f"shot_{keep:06d}.jpg") as image:
        assert image.info["comment"].startswith(b"frame_id=77 ")


@pytest.mark.parametrize(("first", "removed"), [(0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 4)])
def test_frames_in_the_middle_are_taken_out_and_those_behind_move_up(tmp_path, first, removed):
    frames = frames_of((8, 8), 5)
    writer = write(tmp_path, frames[:4])
    before = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    writer.remove(first, removed)
    left = before[:first] + before[first + removed :]
    if first + removed < 4:
        assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == left
    writer.append(frames[4], 77, 7.0)
    writer.close()
    assert names(tmp_path) == [f"shot_{k:06d}.jpg" for k in range(len(left) + 1)]
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())][:-1] == left


@pytest.mark.parametrize("first", [0, 1, 2])
def test_frames_are_copied_to_another_series(tmp_path, first):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    writer = write(one, frames_of((8, 8), 3))
    other = Written(JPEG(), two / JPEG().layout.file_name("more"), (8, 8), np.dtype("u1"))
    before = [path.read_bytes() for path in sorted(one.iterdir())]
    writer.copy_to(other, first)
    writer.remove(first, 3 - first)
    writer.close()
    other.close()
    assert [path.read_bytes() for path in sorted(one.iterdir())] == before[:first]
    assert [path.read_bytes() for path in sorted(two.iterdir())] == before[first:]


def test_a_series_that_is_discarded_leaves_no_file(tmp_path):
    write(tmp_path, frames_of((8, 8), 3)).discard()
    assert names(tmp_path) == []


def test_braces_in_a_name_are_only_braces(tmp_path):
    path = tmp_path / JPEG().layout.file_name("a{0}b{}")
    writer = Written(JPEG(), path, (4, 4), np.dtype("u1"))
    writer.append(frames_of((4, 4), 1)[0], 0, 0.0)
    writer.close()
    assert names(tmp_path) == ["a{0}b{}_000000.jpg"]


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    """Such as FAT; played by an os.link that fails as theirs does."""

    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    frames = frames_of((4, 4), 2)
    writer = write(tmp_path, frames[:1])
    (tmp_path / "shot_000001.jpg").write_bytes(b"of somebody else")
    with pytest.raises(FileExistsError):
        writer.append(frames[1], 1, 0.0)
    assert (tmp_path / "shot_000001.jpg").read_bytes() == b"of somebody else"
    assert names(tmp_path) == ["shot_000000.jpg", "shot_000001.jpg"]
    with Image.open(tmp_path / "shot_000000.jpg") as image:
        assert image.size == (4, 4)


def test_a_file_system_without_hard_links_that_fails_leaves_no_empty_file(tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    def replace(*_):
        raise OSError(5, "Input/output error")

    frames = frames_of((4, 4), 2)
    writer = write(tmp_path, frames[:1])
    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="Input/output error"):
        writer.append(frames[1], 1, 0.0)
    assert names(tmp_path) == ["shot_000000.jpg"]


def test_a_full_disk_says_so_and_leaves_whole_files_only(small_disk):
    frames = np.random.default_rng(1).integers(0, 255, (200, 128, 128), "uint8")
    with pytest.raises(OSError, match="No space left on device"):
        write(small_disk, frames)
    assert len(names(small_disk)) > 20
    assert not [name for name in names(small_disk) if name.startswith(".")]
    for path in small_disk.iterdir():
        with Image.open(path) as image:
            assert image.size == (128, 128)
            image.load()


def test_killed_writer_leaves_whole_files(tmp_path):
    code = """
import os, signal, sys, numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from framestore.formats import JPEG
from written import Written
writer = Written(JPEG(), Path(sys.argv[1]), (256, 256), np.dtype("u1"))
frame = np.random.default_rng(1).integers(0, 255, (256, 256), "uint8")
for k in range(10**6):
    writer.append(frame, k, float(k))
    print(k, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / NAME, TESTS], stdout=subprocess.PIPE, text=True
    ) as writer:
        for line in writer.stdout:
            if int(line) == 20:
                writer.send_signal(signal.SIGKILL)
                break
        said = [20, *map(int, writer.stdout)]
    assert writer.returncode == -signal.SIGKILL
    series = [name for name in names(tmp_path) if name.startswith("shot")]
    assert len(series) > said[-1]
    for name in series:
        with Image.open(tmp_path / name) as image:
            assert np.asarray(image).shape == (256, 256)
