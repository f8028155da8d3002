"""JPEG as it is made in several threads: Pillow's own bytes, and nobody waits for the interpreter."""

import errno
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from written import TESTS, info

from framestore.formats import JPEG

NOTHING = np.empty(0, np.uint8)


def encoder(**settings):
    return JPEG(**settings).encoder((4, 4), np.dtype("u1"))


def noise(*shape):
    return np.random.default_rng(1).integers(0, 255, shape, "uint8")


def by_pillow(frame, comment, **settings):
    file = io.BytesIO()
    Image.fromarray(frame).save(file, "JPEG", comment=comment, **settings)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(1, 1), (33, 65), (17, 9, 3), (300, 200, 3)], ids=str)
@pytest.mark.parametrize("quality", [1, 75, 90, 100])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_a_file_is_what_pillow_itself_makes(shape, quality, subsampling):
    settings = {"quality": quality, "subsampling": subsampling}
    content = encoder(**settings).encode(noise(*shape), info(7, 1.25), NOTHING)
    assert content == by_pillow(noise(*shape), "frame_id=7 timestamp=1.25", **settings)


def test_where_there_are_no_files_in_memory_the_bytes_are_the_same(monkeypatch):
    content = encoder().encode(noise(40, 50), info(), NOTHING)
    monkeypatch.delattr(os, "memfd_create")
    assert encoder().encode(noise(40, 50), info(), NOTHING) == content


@pytest.mark.parametrize(
    ("exposure_time", "comment"),
    [(0.0, b"frame_id=-3 timestamp=0.1"), (1e-05, b"frame_id=-3 timestamp=0.1 exposure_time=1e-05")],
)
def test_the_exposure_time_is_told_where_it_is_known(exposure_time, comment):
    content = encoder().encode(noise(4, 4), info(-3, np.float64(0.1), exposure_time), NOTHING)
    with Image.open(io.BytesIO(content)) as image:
        assert image.info["comment"] == comment


def test_the_interpreter_is_free_while_a_frame_is_encoded():
    """The encoder is made to write into a pipe, which is full until this very process reads from it.

    With the interpreter in the encoder's hands nobody could: it would hang.
    """
    code = """
import os, sys, threading, numpy as np
sys.path.insert(0, sys.argv[1])
from framestore.formats import JPEG
from framestore.formats.jpeg.memory import MemoryFile
from written import info
frame = np.random.default_rng(1).integers(0, 255, (1024, 1024), "uint8")
encoder = JPEG().encoder(frame.shape, frame.dtype)
whole = encoder.encode(frame, info(), None)
reader, writer = os.pipe()
os.memfd_create = lambda name: writer
MemoryFile.seek = lambda *_: 0
errors = []
def encode():
    try:
        encoder.encode(frame, info(), None)
    except OSError as error:  # what went through a pipe cannot be read again
        errors.append(error.errno)
thread = threading.Thread(target=encode)
thread.start()
with open(reader, "rb") as file:
    assert file.read() == whole
thread.join()
print(errors)
"""
    done = subprocess.run([sys.executable, "-c", code, TESTS], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == f"[{errno.ESPIPE}]\n", done.stderr


def test_frames_of_one_thread_are_independent_of_each_other():
    """The second one is shorter: the file in memory still holds the end of the first."""
    one = encoder()
    for frame in (noise(200, 300), np.zeros((200, 300), "u1"), noise(8, 8), noise(200, 300, 3)):
        settings = {"quality": 90, "subsampling": "4:4:4"}
        expected = by_pillow(frame, "frame_id=0 timestamp=0.0", **settings)
        assert one.encode(frame, info(), NOTHING) == expected


def test_no_file_in_memory_outlives_its_thread():
    def encode(_):
        return one.encode(noise(64, 64), info(), NOTHING)

    one = encoder()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(encode, range(50)))) == 1
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("missing", [1, 100_000])
def test_a_frame_that_could_not_be_encoded_to_its_end_is_an_error(missing):
    """Files of this process are limited to less than the frame takes, also those in memory; Pillow says nothing."""
    code = """
import resource, sys, numpy as np
sys.path.insert(0, sys.argv[1])
from framestore.formats import JPEG
from written import info
frame = np.random.default_rng(1).integers(0, 255, (512, 512), "uint8")
encoder = JPEG().encoder(frame.shape, frame.dtype)
size = len(encoder.encode(frame, info(5), None))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
assert len(encoder.encode(frame, info(5), None)) == size
resource.setrlimit(resource.RLIMIT_FSIZE, (size - int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    encoder.encode(frame, info(5), None)
except OSError as error:
    print("refused:", error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, TESTS, str(missing)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("refused:"), done.stderr
