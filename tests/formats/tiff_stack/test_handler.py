"""Reading stacks of TIFF pages: any page at once, those of others too, and none that is not whole."""

import re
import struct

import numpy as np
import pytest
import tifffile
from framestore_handlers import MissingFileError, TIFFStackHandler
from framestore_handlers.place import Place
from framestore_handlers.registry import by_mimetype
from framestore_handlers.tiff import read_frame
from framestore_handlers.tiff_stack import TIFFStackFrames, from_stream_resource
from framestore_handlers.tiff_stack.pages import Pages
from written import Written

from framestore.formats import TIFFStack

SHAPE = (5, 7)


def written(path, count, compression=None, dtype="u2"):
    frames = np.random.default_rng(1).poisson(20, (count, *SHAPE)).astype(dtype)
    writer = Written(TIFFStack(compression=compression), path, SHAPE, frames.dtype)
    for k, frame in enumerate(frames):
        writer.append(frame, k, 1.7e9 + k, 0.1)
    writer.close()
    return frames


def read(path, count, start=0, dtype="u2"):
    out = np.empty((count, *SHAPE), dtype)
    TIFFStackFrames(place=Place.of(path)).read_into(out, start)
    return out


@pytest.fixture
def reads(monkeypatch):
    """How often a file was read from."""
    reads = []
    plain = Pages.read
    monkeypatch.setattr(Pages, "read", lambda pages, *place: reads.append(place) or plain(pages, *place))
    return reads


def test_a_page_of_many_is_found_without_going_through_those_before(tmp_path, reads):
    path = tmp_path / "stack.tiff"
    frames = written(path, 10_000)
    for number in (0, 1, 4999, 9999):
        reads.clear()
        np.testing.assert_array_equal(read(path, 1, number)[0], frames[number])
        assert len(reads) < 50
    np.testing.assert_array_equal(read(path, 10_000), frames)
    assert TIFFStackFrames(place=Place.of(path)).frames() == 10_000
    with pytest.raises(OSError, match="holds 10000 frames, so no frame 10000"):
        read(path, 1, 10_000)


def test_after_frames_were_taken_out_no_page_is_reckoned_wrongly(tmp_path):
    """Pages are at even distances no more, though most of them seem to be."""
    path = tmp_path / "stack.tiff"
    frames = np.random.default_rng(1).poisson(20, (40, *SHAPE)).astype("u2")
    for first, count in [(0, 1), (3, 2), (0, 40), (38, 2), (10, 1)]:
        writer = Written(TIFFStack(), path, SHAPE, frames.dtype)
        for frame in frames:
            writer.append(frame)
        writer.remove(first, count)
        for frame in frames[:5]:
            writer.append(frame)
        left = np.concatenate([frames[:first], frames[first + count :], frames[:5]])
        for number, frame in enumerate(left):
            np.testing.assert_array_equal(read(path, 1, number)[0], frame)
        with pytest.raises(OSError, match=f"holds {len(left)} frames, so no frame {len(left)}"):
            read(path, 1, len(left))
        writer.discard()


@pytest.mark.parametrize("compression", [None, "deflate", "lzw", "zstd"])
def test_a_stack_that_is_cut_off_anywhere_gives_the_frames_before_and_an_error_then(tmp_path, compression):
    path = tmp_path / "stack.tiff"
    frames = written(path, 3, compression)
    whole = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        ends = [page.offset for page in file.pages][1:]  # at the latest, the page before has ended there
    for length in range(0, len(whole), 11):
        for content in (whole[:length], whole[:length] + bytes(len(whole) - length)):
            path.write_bytes(content)
            complete = sum(length > end for end in ends)
            for number in range(complete):
                np.testing.assert_array_equal(read(path, 1, number)[0], frames[number])
            if length < len(whole) - 1:
                with pytest.raises(OSError, match=r"stack\.tiff"):
                    read(path, 1, 2)


@pytest.mark.parametrize("compression", [None, "deflate", "zstd"])
def test_damage_anywhere_is_an_error_that_names_the_file_or_harmless(tmp_path, compression):
    path = tmp_path / "stack.tiff"
    written(path, 3, compression)
    whole, messages = path.read_bytes(), []
    for seed in range(150):
        random = np.random.default_rng(seed)
        content = bytearray(whole)
        for _ in range(random.integers(1, 5)):
            content[random.integers(len(content))] = random.integers(256)
        path.write_bytes(content)
        try:
            read(path, 3)
        except OSError as error:
            messages.append(str(error))
    assert len(messages) > 30
    assert all("stack.tiff" in message for message in messages)


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 273, 277, 279, 339, 65002])
def test_a_number_that_is_said_to_be_text_is_none(tmp_path, tag):
    """A bit of its type is another."""
    path = tmp_path / "stack.tiff"
    frames = written(path, 1)
    content = path.read_bytes()
    entry = next(head for kind in (3, 4, 16) if (head := struct.pack("<HH", tag, kind)) in content)
    path.write_bytes(content.replace(entry, struct.pack("<HH", tag, 2)))
    for find in (lambda: read(path, 1), lambda: [read_frame(path)]):
        message = "stack.tiff"
        try:
            np.testing.assert_array_equal(find(), frames)
        except OSError as error:
            message = str(error)
        assert "stack.tiff" in message


def test_pages_that_go_round_in_a_circle_are_refused(tmp_path):
    path = tmp_path / "stack.tiff"
    written(path, 3, "deflate")
    with Pages(Place.of(path)) as pages:
        first, last = pages.head.first, pages.page(2)
    with path.open("r+b") as file:
        file.seek(last.link)
        file.write(struct.pack("<Q", first))
    with pytest.raises(OSError, match=r"stack\.tiff is damaged: its pages go round in a circle"):
        TIFFStackFrames(place=Place.of(path)).frames()


OPTIONS = {
    "plain": {},
    "classic": {"bigtiff": False},
    "strips": {"rowsperstrip": 2},
    "tiles": {"tile": (16, 16)},
    "predictor": {"compression": "zlib", "predictor": True},
    "big-endian": {"byteorder": ">"},
    "one after another": {"contiguous": False},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_stacks_of_others_are_read(tmp_path, options):
    path = tmp_path / "foreign.tiff"
    frames = np.random.default_rng(1).integers(0, 60000, (4, *SHAPE), "u2")
    settings = {"bigtiff": True, **OPTIONS[options]}
    with tifffile.TiffWriter(path, bigtiff=settings.pop("bigtiff"), byteorder=settings.pop("byteorder", "<")) as file:
        for frame in frames:
            file.write(frame, metadata=None, **{"contiguous": False, **settings})
    assert TIFFStackFrames(place=Place.of(path)).frame_type() == (SHAPE, np.dtype("u2"))
    np.testing.assert_array_equal(read(path, 4), frames)
    np.testing.assert_array_equal(read(path, 2, 1), frames[1:3])


def test_points_are_lazy_and_grow_with_the_file(tmp_path):
    path = tmp_path / "stack.tiff"
    frames = np.random.default_rng(1).poisson(20, (6, *SHAPE)).astype("u2")
    writer = Written(TIFFStack(), path, SHAPE, frames.dtype)
    for frame in frames[:4]:
        writer.append(frame)
    writer.flush()
    handler = TIFFStackHandler(path, frame_per_point=2)
    point = handler(point_number=1)
    assert (point.shape, point.dtype) == ((2, *SHAPE), np.uint16)
    np.testing.assert_array_equal(point.compute(), frames[2:4])
    with pytest.raises(OSError, match=r"stack\.tiff holds 4 frames, so no frame 5"):
        handler(point_number=2)
    for frame in frames[4:]:
        writer.append(frame)
    writer.flush()
    np.testing.assert_array_equal(handler(2).compute(), frames[4:])
    assert handler.get_file_list([{"point_number": 0}]) == [str(path)]
    writer.close()
    with pytest.raises(ValueError, match="point_number must be a whole number from 0 to 4398046511104, not -1"):
        handler(-1)
    path.unlink()
    with pytest.raises(MissingFileError, match=r"stack\.tiff"):
        handler(0)


@pytest.mark.parametrize(("shape", "dtype"), [((5, 6), "u2"), (SHAPE, "i2"), (SHAPE, "u4")])
def test_frames_of_another_kind_are_an_error_not_a_cast(tmp_path, shape, dtype):
    path = tmp_path / "stack.tiff"
    written(path, 1)
    expected = f"holds frames of (5, 7) uint16, its documents say {shape} {np.dtype(dtype)}"
    with pytest.raises(OSError, match=re.escape(expected)):
        TIFFStackFrames(place=Place.of(path)).read_into(np.empty((1, *shape), dtype), 0)


@pytest.mark.parametrize("dtype", [">u2", ">f4"])
def test_frames_come_back_in_the_byte_order_that_the_documents_say(tmp_path, dtype):
    path = tmp_path / "stack.tiff"
    frames = written(path, 2, dtype=dtype)
    assert TIFFStackFrames(place=Place.of(path)).frame_type()[1] == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(read(path, 2, dtype=dtype), frames)


def test_documents_tell_how_many_frames_an_event_has(tmp_path):
    parameters = TIFFStack().layout.parameters("scan", 3, SHAPE)
    assert parameters == {"chunk_shape": [1, 3, 5, 7], "join_method": "stack"}
    assert from_stream_resource(Place.of(tmp_path), parameters).frames_per_event == 3
    assert from_stream_resource(Place.of(tmp_path), {}).frames_per_event is None
    assert by_mimetype["image/tiff"] is from_stream_resource


@pytest.mark.parametrize("content", [b"", b"II", b"\x89PNG\r\n\x1a\n" + bytes(20), bytes(100)])
def test_what_is_no_tiff_is_refused(tmp_path, content):
    (tmp_path / "stack.tiff").write_bytes(content)
    with pytest.raises(OSError, match=r"stack\.tiff is not TIFF"):
        TIFFStackFrames(place=Place.of(tmp_path / "stack.tiff")).frame_type()
