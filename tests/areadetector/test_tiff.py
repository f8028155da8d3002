"""TIFF as areaDetector's plugin, ImageJ and others write it, under the spec AD_TIFF."""

import subprocess

import framestore_handlers
import numpy as np
import pytest
import tifffile
from area_detector_handlers.handlers import AreaDetectorTiffHandler as Theirs
from framestore_handlers import MissingFileError, TIFFHandler, UntrustedPathError
from framestore_handlers.tiff import read_frame
from memory import little_memory
from resources import points, run_of
from slow import slow

TEMPLATE = "%s%s_%6.6d.tiff"
RNG = np.random.default_rng(7)
FRAMES = RNG.integers(0, 4000, (6, 21, 34)).astype("uint16")


def write(path, frame, **options):
    tifffile.imwrite(path, frame, photometric="minisblack", **options)


def pages(folder, frames, each, **options):
    """A file of so many pages for each point."""
    for number, point in enumerate(frames.reshape(-1, each, *frames.shape[1:])):
        write(folder / f"a_{number:06d}.tiff", point, **options)


def kwargs(frames=1, template=TEMPLATE):
    return {"template": template, "filename": "a", "frame_per_point": frames}


WRITERS = {
    "tiffcp": [
        ["-c", "lzw"],
        ["-c", "lzw:2"],
        ["-c", "zip"],
        *slow(["-c", "packbits"], ["-c", "zip:2"], ["-B"], ["-t", "-w", "16", "-l", "16"], ["-s", "-r", "8"]),
    ],
    "convert": [
        ["-compress", "LZW"],
        *slow(["-compress", "RLE"], ["-compress", "Zip"], ["-endian", "MSB"], ["-define", "tiff:fill-order=lsb"]),
    ],
}


def other_writers():
    for name, all_options in WRITERS.items():
        for options in all_options:
            marks = getattr(options, "marks", ())
            yield pytest.param(name, getattr(options, "values", [options])[0], marks=marks)


@pytest.mark.parametrize(("name", "options"), list(other_writers()))
def test_what_libtiff_and_imagemagick_make_of_a_frame(tmp_path, name, options):
    """Grey of 16 bit is lossless in all of these."""
    write(tmp_path / "in.tif", FRAMES[0], metadata=None)
    command = [name, *options, "in.tif", "out.tif"] if name == "tiffcp" else [name, "in.tif", *options, "out.tif"]
    subprocess.run(command, cwd=tmp_path, check=True)
    frame = read_frame(tmp_path / "out.tif")
    assert frame.dtype == np.uint16
    np.testing.assert_array_equal(frame, FRAMES[0])


GREY8 = (FRAMES[0] % 251).astype("uint8")
KINDS = {
    "palette": (GREY8, {"photometric": "palette", "colormap": RNG.integers(0, 65535, (3, 256)).astype("uint16")}),
    "12 bits": (FRAMES[0], {"bitspersample": 12}),
    "4 bits": (GREY8 % 16, {"bitspersample": 4}),
    "1 bit": (GREY8 % 2 > 0, {}),
    "signed": (FRAMES[0].astype("int16") - 2000, {}),
    "signed 32": (FRAMES[0].astype("int32") - 2000, {}),
    "floats": (FRAMES[0] / np.float32(7), {}),
    "doubles": (FRAMES[0] / 7, {"byteorder": ">"}),
    "halves": ((FRAMES[0] / 8).astype("float16"), {}),
    "packbits": (GREY8, {"compression": "packbits"}),
    "tiles": (FRAMES[0], {"tile": (16, 16), "compression": "zlib", "predictor": True}),
    "planar": (np.stack([GREY8, GREY8 // 2, GREY8 // 3]), {"photometric": "rgb", "planarconfig": "separate"}),
    "alpha": (np.dstack([GREY8] * 4), {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
    "imagej": (FRAMES[0], {"imagej": True}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_of_every_kind_are_those_that_were_written(tmp_path, kind):
    frame, options = KINDS[kind]
    tifffile.imwrite(tmp_path / "a_000000.tiff", frame, **({"photometric": "minisblack"} | options))
    theirs = Theirs(str(tmp_path), **kwargs())(point_number=0)
    ours = TIFFHandler(str(tmp_path), **kwargs())(point_number=0)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_array_equal(ours.compute(), theirs)
    np.testing.assert_array_equal(theirs[0], frame)


def test_jpeg_in_tiff_is_decoded_as_tifffile_decodes_it(tmp_path):
    tifffile.imwrite(tmp_path / "a_000000.tiff", GREY8, compression="jpeg")
    np.testing.assert_array_equal(read_frame(tmp_path / "a_000000.tiff"), tifffile.imread(tmp_path / "a_000000.tiff"))


@pytest.mark.parametrize("options", [{}, {"compression": "lzw"}, {"imagej": True}, {"bigtiff": True}])
def test_points_that_are_the_pages_of_a_file(tmp_path, options):
    options = dict(options)
    if "imagej" in options:
        for number, point in enumerate(FRAMES.reshape(2, 3, 21, 34)):
            tifffile.imwrite(tmp_path / f"a_{number:06d}.tiff", point, imagej=True)
    else:
        pages(tmp_path, FRAMES, 3, **options)
    expected = FRAMES.reshape(2, 3, 21, 34)
    handler = TIFFHandler(tmp_path, **kwargs(3))
    np.testing.assert_array_equal([handler(k).compute() for k in range(2)], expected)
    assert handler.get_file_list(points(2)) == [str(tmp_path / f"a_00000{k}.tiff") for k in range(2)]
    pairs = run_of("AD_TIFF", tmp_path, kwargs(3), points(2), ((3, 21, 34), "<u2"))
    for block_bytes in (2**20, 2 * 21 * 34):
        stream = framestore_handlers.load(pairs, allowed_roots=[tmp_path], block_bytes=block_bytes)["primary"]
        np.testing.assert_array_equal(stream["image"].compute(), expected)
        np.testing.assert_array_equal(stream.read("image", 1), expected[1:])
    (tmp_path / "a_000001.tiff").unlink()
    with pytest.raises(MissingFileError, match=r"a_00000\d\.tiff"):
        stream.read("image")


def test_many_points_of_pages_are_not_taken_for_a_file_a_frame(tmp_path):
    """File 3 is there in both ways."""
    frames = RNG.integers(0, 200, (15, 4, 5)).astype("uint8")
    pages(tmp_path, frames, 3)
    stream = framestore_handlers.load(run_of("AD_TIFF", tmp_path, kwargs(3), points(5), ((3, 4, 5), "|u1")))["primary"]
    np.testing.assert_array_equal(stream["image"].compute().reshape(15, 4, 5), frames)
    np.testing.assert_array_equal(stream.read("image", 3).reshape(6, 4, 5), frames[9:])


def test_a_file_a_frame_in_colour_is_not_taken_for_pages(tmp_path):
    """Its first axis has as many rows as a point has frames, and a second page is a small copy."""
    frames = RNG.integers(0, 200, (6, 3, 5, 3)).astype("uint8")
    for number, frame in enumerate(frames):
        with tifffile.TiffWriter(tmp_path / f"a_{number:06d}.tiff") as file:
            file.write(frame, photometric="rgb")
            file.write(frame[:1, :1], photometric="rgb", subfiletype=1)
    pairs = run_of("AD_TIFF", tmp_path, kwargs(2), points(3), ((2, 3, 5, 3), "|u1"))
    np.testing.assert_array_equal(
        framestore_handlers.load(pairs)["primary"]["image"].compute().reshape(6, 3, 5, 3), frames
    )


OME = """<?xml version="1.0" encoding="UTF-8"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:00000000-0000-0000-0000-000000000001">
<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="34" SizeY="21" SizeC="1" SizeZ="1"
SizeT="{}"><TiffData IFD="0" FirstT="0" PlaneCount="1">
<UUID FileName="{}">urn:uuid:00000000-0000-0000-0000-00000000000{}
</UUID></TiffData></Pixels></Image></OME>"""


@pytest.mark.parametrize(("times", "name", "uuid"), [(1, "../other.tif", 2), (3, "a_000000.tiff", 1)])
def test_a_frame_is_what_its_own_file_holds_whatever_its_metadata_says(tmp_path, times, name, uuid):
    """OME-XML may name another file, or planes that are not there."""
    write(tmp_path / "other.tif", FRAMES[1], metadata=None)
    path = tmp_path / "in" / "a_000000.tiff"
    path.parent.mkdir()
    write(path, FRAMES[0], rowsperstrip=8, metadata=None, description=OME.format(times, name, uuid))
    np.testing.assert_array_equal(read_frame(path), FRAMES[0])


def all_alike(path, count, side):
    """A small file of many pages, all of which have the same pixels, in two strips."""
    write(path, np.zeros((side, side), "uint8"), compression="zlib", rowsperstrip=side // 2, metadata=None)
    content = bytearray(path.read_bytes())
    at = int.from_bytes(content[4:8], "little")
    tags = content[at : at + 2 + 12 * int.from_bytes(content[at : at + 2], "little")]
    for _ in range(count - 1):
        content += bytes(len(content) % 2)
        content[at + len(tags) : at + len(tags) + 4] = len(content).to_bytes(4, "little")
        at = len(content)
        content += tags + bytes(4)
    path.write_bytes(content)


def test_pages_that_unpack_to_more_than_memory_are_refused(tmp_path):
    path = tmp_path / "a.tiff"
    all_alike(path, 300, 4000)
    with pytest.raises(OSError, match=r"a\.tiff claims 300 pages of \(4000, 4000\) uint8, more than 4294967296 bytes"):
        read_frame(path)


@pytest.mark.parametrize(("shape", "dtype"), [((30, 21, 34), "|u1"), ((30, 2000, 2000), "<u2")])
def test_pages_of_another_shape_or_dtype_are_refused_before_one_is_read(tmp_path, shape, dtype):
    """Their tags say what they are: 120 MB that nobody asked for are not unpacked."""
    all_alike(tmp_path / "a_000000.tiff", 30, 2000)
    run = framestore_handlers.load(run_of("AD_TIFF", tmp_path, kwargs(30), points(1), (shape, dtype)))["primary"]
    out = run["image"][0, :1]  # a frame: dask does not take memory for all
    with little_memory(2**24), pytest.raises(OSError, match=r"holds frames of \(30, 2000, 2000\) uint8, .* say"):
        out.compute()


def test_how_many_pages_there_are_is_found_without_reading_one(tmp_path):
    all_alike(tmp_path / "a_000000.tiff", 30, 2000)
    handler = TIFFHandler(str(tmp_path), **kwargs(30))
    with little_memory(2**24):
        assert handler(point_number=0).shape == (30, 2000, 2000)


@pytest.mark.parametrize("rows", [4000, 2000])
def test_a_frame_of_another_shape_is_refused_before_it_is_unpacked(tmp_path, rows):
    frame = np.zeros((4000, 4000), "uint8")
    write(tmp_path / "a_000000.tiff", frame, compression="zlib", rowsperstrip=rows, metadata=None)
    stream = framestore_handlers.load(run_of("AD_TIFF", tmp_path, kwargs(), points(1), ((1, 21, 34), "|u1")))["primary"]
    with little_memory(2**23), pytest.raises(OSError, match=r"holds frames of \(4000, 4000\) uint8, .* say \(21, 34\)"):
        stream.read("image")


def test_bytes_that_no_compression_makes_of_a_frame_are_not_read(tmp_path):
    """A file that takes no place on the disk, most of which is its only frame."""
    path = tmp_path / "a_000000.tiff"
    write(path, FRAMES[0], compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["StripByteCounts"].overwrite(2**31 - 2**20)
    with path.open("r+b") as file:
        file.truncate(2**31)
    with (
        little_memory(2**23),
        pytest.raises(OSError, match=r"a_000000\.tiff is damaged: it claims 2146435072 bytes"),
    ):
        read_frame(path)


def test_a_file_of_fewer_pages_than_the_others_is_refused(tmp_path):
    pages(tmp_path, FRAMES, 3)
    write(tmp_path / "a_000001.tiff", FRAMES[3:5])
    pairs = run_of("AD_TIFF", tmp_path, kwargs(3), points(2), ((3, 21, 34), "<u2"))
    with pytest.raises(OSError, match=r"a_000001\.tiff holds frames of \(2, 21, 34\) uint16, .* say \(3, 21, 34\)"):
        framestore_handlers.load(pairs)["primary"].read("image")


def test_pages_of_a_point_of_one_frame_are_given_as_area_detector_handlers_gives_them(tmp_path):
    pages(tmp_path, FRAMES, 3)
    theirs, ours = (cls(str(tmp_path), **kwargs()) for cls in (Theirs, TIFFHandler))
    assert ours(1).shape == theirs(point_number=1).shape == (1, 3, 21, 34)
    np.testing.assert_array_equal(ours(1).compute(), theirs(point_number=1))


@pytest.mark.parametrize("frames", [1, 3])
def test_a_template_without_a_number_names_one_file_of_all_frames(tmp_path, frames):
    write(tmp_path / "a.tiff", FRAMES)
    count = 6 // frames
    pairs = run_of("AD_TIFF", tmp_path, kwargs(frames, "%s%s.tiff"), points(count), ((frames, 21, 34), "<u2"))
    stream = framestore_handlers.load(pairs, allowed_roots=[tmp_path])["primary"]
    np.testing.assert_array_equal(stream["image"].compute().reshape(6, 21, 34), FRAMES)
    with pytest.raises(UntrustedPathError):
        framestore_handlers.load(pairs, allowed_roots=[tmp_path / "x"])["primary"].read("image")


@pytest.mark.parametrize("frames", [1, 3])
def test_the_handler_finds_the_pages_of_the_only_file(tmp_path, frames):
    """As those of area-detector-handlers do not: theirs gives all pages for each point, as often as it has frames."""
    write(tmp_path / "a.tiff", FRAMES)
    handler = framestore_handlers.handler_registry["AD_TIFF"](tmp_path, **kwargs(frames, "%s%s.tiff"))
    found = [handler(number) for number in range(6 // frames)]
    np.testing.assert_array_equal(np.stack([point.compute() for point in found]).reshape(6, 21, 34), FRAMES)
    assert {point.shape for point in found} == {(frames, 21, 34)}
    assert handler.get_file_list(points(6 // frames)) == [str(tmp_path / "a.tiff")]
    with pytest.raises(OSError, match=f"does not hold point {6 // frames} with {frames} frames a point"):
        handler(6 // frames)
    (tmp_path / "a.tiff").unlink()
    with pytest.raises(MissingFileError, match=r"a\.tiff"):
        handler(0)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("%s%s_%6.6d.tiff", "a_{:06d}.tiff"),
        ("%s/%s_%03d.tif", "a_{:03d}.tif"),
        ("%s%s_%-4d.tif", "a_{:<4d}.tif"),
        ("%s%s_%4d.tif", "a_{:4d}.tif"),
        ("%s%s_%05.3d", "a_  {:03d}"),
    ],
)
def test_templates_of_the_field(tmp_path, template, name):
    for number, frame in enumerate(FRAMES):
        write(tmp_path / name.format(number), frame)
    pairs = run_of("AD_TIFF", tmp_path, kwargs(2, template), points(3), ((2, 21, 34), "<u2"))
    image = framestore_handlers.load(pairs, allowed_roots=[tmp_path])["primary"]["image"]
    np.testing.assert_array_equal(image.compute().reshape(6, 21, 34), FRAMES)


def stream_of(uri, template, chunk, events, shape):
    image = {"source": "s", "dtype": "array", "dtype_numpy": "<u2", "shape": list(shape), "external": "STREAM:"}
    resource = {"uid": "r", "run_start": "run", "data_key": "image", "mimetype": "multipart/related;type=image/tiff"}
    parameters = {"template": template, "chunk_shape": list(chunk)}
    datum = {"uid": "r/0", "stream_resource": "r", "descriptor": "d", "indices": {"start": 0, "stop": events}}
    return [
        ("start", {"uid": "run", "time": 0.0}),
        ("descriptor", {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"image": image}}),
        ("stream_resource", resource | {"uri": uri, "parameters": parameters}),
        ("stream_datum", datum | {"seq_nums": {"start": 1, "stop": events + 1}}),
    ]


@pytest.mark.parametrize(
    ("end", "template"),
    [
        ("/", "a_{:06d}.tiff"),
        ("/", "/a_{:06d}.tiff"),
        ("", "/a_{:06d}.tiff"),
        ("", "a_{:06d}.tiff"),
        ("/a", "_{:06d}.tiff"),
        ("/a_", "{:06d}.tiff"),
        ("/", "%s%s_%06d.tiff"),
    ],
)
def test_uris_of_folders_and_of_what_names_begin_with(tmp_path, end, template):
    """Tiled puts URI and template one behind the other."""
    for number, frame in enumerate(FRAMES):
        write(tmp_path / f"a_{number:06d}.tiff", frame)
    pairs = stream_of(f"file://localhost{tmp_path}{end}", template, (1, 21, 34), 3, (2, 21, 34))
    if "%s" in template:
        pairs[2][1]["parameters"]["filename"] = "a"
    image = framestore_handlers.load(pairs, allowed_roots=[tmp_path])["primary"]["image"]
    np.testing.assert_array_equal(image.compute().reshape(6, 21, 34), FRAMES)


def test_what_names_begin_with_is_looked_at_when_it_is_read(tmp_path):
    """Also where nothing there may be opened: an array is made from documents alone."""
    pairs = stream_of(f"file://localhost{tmp_path}/a", "_{:06d}.tiff", (1, 21, 34), 6, (1, 21, 34))
    image = framestore_handlers.load(pairs, allowed_roots=[tmp_path / "b"])["primary"]["image"]
    with pytest.raises(UntrustedPathError, match="allowed_roots"):
        image.compute()
    (tmp_path / "a").mkdir()  # a folder whose slash was left out
    later = framestore_handlers.load(pairs)["primary"]["image"]
    for number, frame in enumerate(FRAMES):
        write(tmp_path / "a" / f"_{number:06d}.tiff", frame)
    np.testing.assert_array_equal(later.compute()[:, 0], FRAMES)


def test_what_names_begin_with_is_moved_with_its_folder(tmp_path):
    for number, frame in enumerate(FRAMES):
        write(tmp_path / f"a{{b}}_{number:06d}.tiff", frame)
    pairs = stream_of("file://localhost/far/away/a{b}", "_{:06d}.tiff", (1, 21, 34), 6, (1, 21, 34))
    run = framestore_handlers.load(pairs, root_map={"/far/away": tmp_path}, allowed_roots=[tmp_path])
    np.testing.assert_array_equal(run["primary"]["image"].compute()[:, 0], FRAMES)
    (tmp_path / "a{b}_000002.tiff").unlink()
    with pytest.raises(MissingFileError, match=r"the documents name /far/away/a{b}_000002\.tiff"):
        run["primary"].read("image")


@pytest.mark.parametrize(("frames", "each"), [(3, 3), (6, 3), (3, 6)])
def test_streams_whose_files_have_pages(tmp_path, frames, each):
    """The first number of ``chunk_shape`` is how many, as Tiled reads it."""
    pages(tmp_path, FRAMES, each)
    pairs = stream_of(f"file://localhost{tmp_path}/", "a_{:06d}.tiff", (each, 21, 34), 6 // frames, (frames, 21, 34))
    image = framestore_handlers.load(pairs)["primary"]["image"]
    np.testing.assert_array_equal(image.compute().reshape(6, 21, 34), FRAMES)
