"""The formats pass the suite that users inherit for theirs, each by readers that are not framestore's."""

import io
import math
import os
import re
import subprocess

import h5py
import hdf5plugin
import imagecodecs
import numpy as np
import pytest
import tifffile
import xxhash
import zarr
from PIL import Image
from slow import slow
from written import info

from framestore.formats import HDF5, JPEG, PNG, TIFF, TIFFStack, Zarr
from framestore.testing import FormatTests
from framestore.testing.format import ChecksumTests, EncodingTests, Form, HoldingTests, ReadingTests, RemovalTests

INTEGERS = tuple(f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("u", ""))
FLOATS = ("float16", "float32", "float64")
BIG_ENDIAN = (">u2", ">i4", ">f8")
FEW_SHAPES = ((1, 1), (1, 7), (7, 1), (33, 18), (6, 9, 3), ())
PLAIN = "frames"
"""A name that means nothing else to ImageMagick."""
PLUGINS = {**os.environ, "HDF5_PLUGIN_PATH": hdf5plugin.PLUGIN_PATH}


class ManyTests(FormatTests):
    """With a long run of a file each, or as slow, for `make test-all`."""

    @pytest.mark.slow
    def test_many_frames(self, begin):
        super().test_many_frames(begin)


class CodecTests(HoldingTests, EncodingTests, ChecksumTests):
    """What depends on how frames are compressed."""

    shapes = FEW_SHAPES
    many = 500


class GrowingTests(RemovalTests, ReadingTests):
    """What depends on frames taking more or less room in a file."""


def run(*command, **options):
    """What a program prints."""
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
    assert done.returncode == 0, f"{command}: {(done.stderr or done.stdout).decode(errors='replace')}"
    return done.stdout


def decoded(file, form):
    """A frame, as ImageMagick decodes it: libraries of its own, in C."""
    depth, kind = 8 * form.dtype.itemsize, "rgb" if len(form.shape) == 3 else "gray"
    pixels = run("convert", file, "-endian", "LSB", "-depth", str(depth), f"{kind}:-")
    return np.frombuffer(pixels, f"<u{form.dtype.itemsize}").reshape(form.shape)


def decodable():
    """Forms of frames that ImageMagick reads with all bits."""
    return [Form(shape=shape, dtype=np.dtype(dtype)) for dtype in ("uint8", "uint16") for shape in [(6, 9), (7, 5, 3)]]


class HDF5Files:
    dtypes = colour_dtypes = ("bool", *INTEGERS, *FLOATS, *BIG_ENDIAN)

    def read(self, path):
        with h5py.File(path, "r", swmr=True) as file:
            return file["entry/data/data"][()]

    def read_info(self, path):
        with h5py.File(path, "r", swmr=True) as file:
            detector = file["entry/instrument/detector"]
            columns = [detector[name][()].tolist() for name in ("frame_id", "timestamp", "count_time")]
        columns[2] = [0 if math.isnan(value) else value for value in columns[2]] or [0] * len(columns[0])
        return [info(*row) for row in zip(*columns, strict=True)]

    def read_checksums(self, path):
        with h5py.File(path, "r", swmr=True) as file:
            column = file["entry/instrument/detector/checksum"]
            assert (column.dtype, column.attrs["algorithm"]) == (np.uint64, "xxh3")
            return column[()].tolist()

    @pytest.mark.parametrize("dtype", ["uint16", ">f8", "bool"])
    @pytest.mark.parametrize("shape", [(6, 9), (6, 9, 3)], ids=str)
    def test_h5dump_and_plain_h5py_find_the_same(self, begin, tmp_path, dtype, shape):
        written = begin(Form(shape=shape, dtype=np.dtype(dtype))).append(5).close()
        dumped = tmp_path / "dumped"
        run("h5dump", "-d", "/entry/data/data", "-b", "FILE", "-o", dumped, written.path, env=PLUGINS)
        self.check(np.fromfile(dumped, dtype).reshape(-1, *shape), written.rows, "h5dump", written.form)
        with h5py.File(written.path) as file:  # needs no swmr=True once it is closed
            self.check(file["entry/data/data"][()], written.rows, "h5py", written.form)


class TestHDF5(HDF5Files, FormatTests):
    nonsense = ({"compression": "zip"}, {"level": 3}, {"shuffle": 1}, {"chunk": (0, 4)}, {"chunk": 4})

    @pytest.fixture
    def settings(self):
        return HDF5()


class TestCompressedHDF5(HDF5Files, CodecTests):
    @pytest.fixture(
        params=["bitshuffle-lz4", *slow("gzip", "lz4", "zstd", "blosc", "bitshuffle-zstd", "gzip unshuffled")]
    )
    def settings(self, request):
        name, *unshuffled = request.param.split()
        return HDF5(compression=name, shuffle=not unshuffled)


@pytest.mark.slow
class TestHDF5OfTiles(HDF5Files, CodecTests):
    """Frames of several chunks."""

    shapes = ((6, 9), (33, 18), (4, 5), (6, 9, 3), ())

    @pytest.fixture(params=[None, "bitshuffle-lz4"])
    def settings(self, request):
        return HDF5(compression=request.param, chunk=(2, 3))


class TestGrowingHDF5(HDF5Files, GrowingTests):
    @pytest.fixture(params=[None, (2, 3)], ids=["whole frames", "tiles"])
    def settings(self, request):
        return HDF5(compression="bitshuffle-lz4", chunk=request.param)


class TIFFFiles:
    dtypes = colour_dtypes = (*INTEGERS, *FLOATS, *BIG_ENDIAN)

    def pages(self, path, get):
        """Something of each page, by tifffile."""
        with tifffile.TiffFile(path) as file:
            return [get(page) for page in file.pages]

    def tiff_files(self, path):
        return self.files(path)

    def read(self, path):
        pages = [self.pages(file, lambda page: page.asarray()) for file in self.tiff_files(path)]
        return np.array([frame for file in pages for frame in file])

    def read_info(self, path):
        return [numbers for file in self.tiff_files(path) for numbers in self.pages(file, tags)]

    def read_checksums(self, path):
        texts = [text for file in self.tiff_files(path) for text in self.pages(file, lambda page: page.description)]
        return [digits(re.search("^checksum=(.*)$", text, re.MULTILINE)[1]) for text in texts]

    @pytest.mark.parametrize("form", decodable(), ids=str)
    def test_imagemagick_decodes_the_same(self, begin, form):
        written = begin(form, PLAIN).append(3).close()
        found = [
            decoded(f"{file}[{page}]", form)
            for file in self.tiff_files(written.path)
            for page in range(len(self.pages(file, id)))
        ]
        self.check(np.array(found), written.rows, "ImageMagick", form)

    @pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
    def test_libtiff_reads_the_same(self, begin, tmp_path, dtype):
        """Its tiffcmp compares the pages with those that tifffile writes; its tiffinfo knows the rest."""
        written = begin(Form(shape=(6, 9), dtype=np.dtype(dtype))).append(3).close()
        files = self.tiff_files(written.path)
        frames = np.split(np.array([row.array for row in written.rows]), len(files))
        for file, pages in zip(files, frames, strict=True):
            reference = tmp_path / f"by tifffile {file.name}"
            tifffile.imwrite(reference, pages, photometric="minisblack", metadata=None)
            compared = run("tiffcmp", "-t", reference, file)
            assert b"Scanline" not in compared, f"{file}: {compared.decode()}"
            assert b"Image Width: 9 Image Length: 6" in run("tiffinfo", file)


def tags(page):
    """What the description says, which has all; and areaDetector's tags and Exif's, which must agree."""
    said = numbers(dict(line.split("=", 1) for line in page.description.splitlines()))
    known = {tag.code: tag.value for tag in page.tags}
    assert known[65000] + 631152000 == pytest.approx(said.timestamp, abs=1e-6)
    assert known[65002] + known[65003] / 1e9 + 631152000 == pytest.approx(said.timestamp, abs=1e-6)
    assert known.get(65001) == (said.frame_id if said.frame_id < 2**32 else None)
    over, under = known.get(33434, (0, 1))
    assert over / under == pytest.approx(said.exposure_time, rel=1e-6)
    return said


class TestTIFF(TIFFFiles, ManyTests):
    nonsense = ({"compression": "zip"}, {"level": 3})

    @pytest.fixture
    def settings(self):
        return TIFF()


@pytest.mark.slow
class TestCompressedTIFF(TIFFFiles, CodecTests):
    @pytest.fixture(params=["deflate", *slow("zstd", "lzw")])
    def settings(self, request):
        return TIFF(compression=request.param)


class TIFFStackFiles(TIFFFiles):
    def tiff_files(self, path):
        return [path]


class TestTIFFStack(TIFFStackFiles, ManyTests):
    nonsense = ({"compression": "zip"}, {"level": 3})

    @pytest.fixture
    def settings(self):
        return TIFFStack()


@pytest.mark.slow
class TestCompressedTIFFStack(TIFFStackFiles, CodecTests):
    @pytest.fixture(params=["zstd", *slow("deflate", "lzw")])
    def settings(self, request):
        return TIFFStack(compression=request.param)


class TestGrowingTIFFStack(TIFFStackFiles, GrowingTests):
    @pytest.fixture
    def settings(self):
        return TIFFStack(compression="deflate")


def numbers(texts):
    """What texts in an image say."""
    return info(int(texts["frame_id"]), float(texts["timestamp"]), float(texts.get("exposure_time", 0)))


def digits(text):
    """A checksum, as texts in images have it."""
    return int(re.fullmatch("xxh3:([0-9a-f]{16})", text)[1], 16)


class PNGFiles:
    dtypes = ("bool", "uint8", "uint16")
    colour_dtypes = ("uint8", "uint16")

    def read(self, path):
        return np.array([self.read_file(file.read_bytes()) for file in self.files(path)])

    def read_file(self, content):
        """By Pillow; which has no colour of 16 bit: that by libpng."""
        with Image.open(io.BytesIO(content)) as image:
            array = np.asarray(image)
        if array.dtype == bool:
            return array.view("u1") != 0  # Pillow's True is a byte of 255
        found = imagecodecs.png_decode(content) if array.ndim == 3 else array
        return found.astype("uint16") if found.dtype == np.int32 else found  # as older Pillows have 16 bit

    def read_info(self, path):
        texts = []
        for file in self.files(path):
            with Image.open(file) as image:
                image.load()
                texts.append(image.text)
        return [numbers(text) for text in texts]

    def read_checksums(self, path):
        return [digits(Image.open(file).text["checksum"]) for file in self.files(path)]

    @pytest.mark.parametrize("form", decodable(), ids=str)
    def test_imagemagick_decodes_the_same(self, begin, form):
        written = begin(form, PLAIN).append(3).close()
        found = [decoded(file, form) for file in self.files(written.path)]
        self.check(np.array(found), written.rows, "ImageMagick", form)


class TestPNG(PNGFiles, ManyTests):
    nonsense = ({"level": -1}, {"level": 10}, {"level": True})

    @pytest.fixture
    def settings(self):
        return PNG()


@pytest.mark.slow
class TestPNGOfOtherLevels(PNGFiles, CodecTests):
    @pytest.fixture(params=[0, 9])
    def settings(self, request):
        return PNG(level=request.param)


def without_comment(content):
    """A JPEG file without its segment of the kind COM; https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.2.4.5."""
    head, text = re.fullmatch(rb"(.*?)\xff\xfe(..frame_id=.*)", content, re.DOTALL).groups()
    return head + text[int.from_bytes(text[:2], "big") :]


class JPEGFiles:
    dtypes = colour_dtypes = ("uint8",)
    loss = 12

    def read(self, path):
        return np.array([np.asarray(Image.open(io.BytesIO(file.read_bytes()))) for file in self.files(path)])

    def read_info(self, path):
        comments = []
        for file in self.files(path):
            with Image.open(file) as image:
                comments.append(image.info["comment"].decode())
        return [numbers(dict(re.findall(r"(\w+)=(\S+)", comment))) for comment in comments]

    def read_checksums(self, path):
        return [digits(re.search(rb"checksum=(\S{21})", file.read_bytes())[1].decode()) for file in self.files(path)]

    def make_checksums(self, written):
        """Of each file without its comment: it keeps no pixels."""
        return [xxhash.xxh3_64_intdigest(without_comment(file.read_bytes())) for file in self.files(written.path)]

    @pytest.mark.parametrize("shape", [(6, 9), (7, 5, 3)], ids=str)
    def test_imagemagick_decodes_the_same(self, begin, shape):
        written = begin(Form(shape=shape, dtype=np.dtype("uint8")), PLAIN).append(3).close()
        found = [decoded(file, written.form) for file in self.files(written.path)]
        self.check(np.array(found), written.rows, "ImageMagick", written.form)


class TestJPEG(JPEGFiles, ManyTests):
    nonsense = ({"quality": 0}, {"quality": 101}, {"quality": "best"}, {"subsampling": "4:1:1"})

    @pytest.fixture
    def settings(self):
        return JPEG()


@pytest.mark.slow
class TestOtherJPEG(JPEGFiles, CodecTests):
    loss = 20

    @pytest.fixture(params=["4:2:0", *slow("4:2:2")])
    def settings(self, request):
        return JPEG(quality=75, subsampling=request.param)


class ZarrFiles:
    dtypes = colour_dtypes = ("bool", *INTEGERS, *FLOATS, *BIG_ENDIAN)

    def array(self, path, name):
        """All of an array, a frame a row, by zarr-python."""
        array = zarr.open_group(path, mode="r")[name][...]
        return array.reshape(-1, *array.shape[2:])

    def read(self, path):
        return self.array(path, "data")

    def read_info(self, path):
        columns = [self.array(path, name).tolist() for name in ("frame_id", "timestamp", "exposure_time")]
        return [info(*row) for row in zip(*columns, strict=True)]

    def read_checksums(self, path):
        array = self.array(path, "checksum")
        assert (array.dtype, zarr.open_group(path, mode="r")["checksum"].attrs["algorithm"]) == (np.uint64, "xxh3")
        return array.tolist()


class TestZarr(ZarrFiles, ManyTests):
    nonsense = ({"compression": "zip"}, {"level": 3}, {"shard": 1})

    @pytest.fixture
    def settings(self):
        return Zarr()


@pytest.mark.slow
class TestZarrOfShards(ZarrFiles, CodecTests):
    @pytest.fixture(params=[None, "zstd"])
    def settings(self, request):
        return Zarr(compression=request.param, shard=True)


class TestGrowingZarr(ZarrFiles, GrowingTests):
    @pytest.fixture(params=[None, "zstd"])
    def settings(self, request):
        return Zarr(compression=request.param, shard=True)


@pytest.mark.slow
class TestCompressedZarr(ZarrFiles, CodecTests):
    @pytest.fixture(params=["blosc-zstd", *slow("gzip", "zstd", "blosc-lz4")])
    def settings(self, request):
        return Zarr(compression=request.param)
