"""Files of others, damaged anywhere: their frames, or an error that names the file."""

import struct
from functools import partial
from math import prod

import fabio.cbfimage
import framestore_handlers
import numpy as np
import pytest
from event_model import Filler
from framestore_handlers import handler_registry
from framestore_handlers.areadetector.cbf_reading import read_frame
from framestore_handlers.areadetector.imm import IMMFrames
from framestore_handlers.areadetector.spe import SPEFrames
from framestore_handlers.place import Place
from resources import points, run_of
from slow import slow

FRAMES = np.random.default_rng(1).integers(0, 200, (2, 5, 7)).astype("<u2")


def spe(text=b""):
    head = bytearray(4100)
    version, end = (3.0, 4100 + FRAMES.nbytes) if text else (2.5, 0)
    for code, at, value in (("<H", 42, 7), ("<h", 108, 3), ("<H", 656, 5), ("<i", 1446, 2), ("<f", 1992, version)):
        struct.pack_into(code, head, at, value)
    struct.pack_into("<Q", head, 678, end)
    return bytes(head) + FRAMES.tobytes() + text


LIGHTFIELD = (
    b'<?xml version="1.0" encoding="utf-8"?><SpeFormat version="3.0"><DataFormat>'
    b'<DataBlock type="Frame" count="2" pixelFormat="MonochromeUnsigned16" stride="70">'
    b'<DataBlock type="Region" width="7" height="5"/></DataBlock></DataFormat></SpeFormat>'
)


def imm(*, sparse):
    content = b""
    for frame in FRAMES:
        places = np.flatnonzero(frame).astype("<u4")
        numbers = frame.reshape(-1)[places] if sparse else frame
        head = bytearray(1024)
        struct.pack_into("<i", head, 4, 6 * sparse)
        struct.pack_into("<iii", head, 108, 5, 7, 2)
        struct.pack_into("<i", head, 152, numbers.size)
        content += bytes(head) + (places.tobytes() if sparse else b"") + numbers.tobytes()
    return content


def frames_of(file, path):
    frames = file(place=Place.of(path))
    shape, dtype = frames.frame_type()
    assert prod(shape) <= 2**28
    out = np.zeros((1, *shape), dtype) if prod(shape) < 10**6 else np.zeros((1, 5, 7), dtype)
    frames.read_into(out, 1)
    return out[0]


def read_spe(path):
    return frames_of(SPEFrames, path)


def read_imm(path):
    return frames_of(IMMFrames, path)


IMM_FIELDS = [4, 108, 110, 112, 115, 152, 154]
CASES = {
    "a.spe": (spe, read_spe, [42, 43, 108, 656, 657, 1446, 1449, 678, 681, 1992, 1995]),
    "lightfield.spe": (partial(spe, LIGHTFIELD), read_spe, [678, 1995, *range(4240, 4500)]),
    "sparse.imm": (partial(imm, sparse=True), read_imm, IMM_FIELDS),
    "dense.imm": (partial(imm, sparse=False), read_imm, IMM_FIELDS),
    "a.cbf": (None, read_frame, range(100, 700)),
}
"""How a file is made (None: by fabio), how it is read, and which bytes of it say what it holds."""


def made(path, make):
    if make is None:
        fabio.cbfimage.CbfImage(data=FRAMES[1].astype("int32")).write(str(path))
    else:
        path.write_bytes(make())
    return path.read_bytes()


def damaged(whole, fields, seed):
    random = np.random.default_rng(seed)
    content = bytearray(whole)
    for _ in range(random.integers(1, 5)):
        at = random.choice(fields) if random.random() < 0.6 else random.integers(len(content))
        content[min(at, len(content) - 1)] = random.integers(256)
    return content[: random.integers(len(content))] if random.random() < 0.2 else content


@pytest.mark.parametrize("seeds", [range(120), *slow(range(120, 2000))])
@pytest.mark.parametrize("name", CASES)
def test_damage_is_an_error_that_names_the_file_or_harmless(tmp_path, name, seeds):
    make, read, fields = CASES[name]
    whole, messages = made(tmp_path / name, make), []
    np.testing.assert_array_equal(read(tmp_path / name), FRAMES[1])
    for seed in seeds:
        (tmp_path / name).write_bytes(damaged(whole, fields, seed))
        try:
            read(tmp_path / name)
        except OSError as error:
            messages.append(str(error))
    assert len(messages) > 20
    assert all(name in message for message in messages)


RESOURCES = {
    "AD_SPE": ("", {"template": "%s%s_%3.3d.spe", "filename": "a", "frame_per_point": 2}, points(2)),
    "AD_CBF": ("", {"template": "%s%s_%3.3d.cbf", "filename": "a", "frame_per_point": 2}, points(2)),
    "IMM": ("a.imm", {"frames_per_point": 1}, [{"index": 0}, {"index": 1}]),
}


@pytest.mark.parametrize("spec", RESOURCES)
def test_event_model_s_filler_gives_what_load_gives(tmp_path, spec):
    for number in range(2):
        (tmp_path / f"a_{number:03d}.spe").write_bytes(spe())
    for number in range(1, 5):
        fabio.cbfimage.CbfImage(data=FRAMES[number % 2].astype("int32")).write(str(tmp_path / f"a_{number:03d}.cbf"))
    (tmp_path / "a.imm").write_bytes(imm(sparse=True))
    name, kwargs, datums = RESOURCES[spec]
    dtype = {"AD_SPE": "<u2", "AD_CBF": "<i4", "IMM": "<u4"}[spec]
    pairs = run_of(spec, tmp_path / name, kwargs, datums, ((1 if spec == "IMM" else 2, 5, 7), dtype))
    expected = framestore_handlers.load(pairs)["primary"].read("image")
    with Filler(handler_registry, inplace=False) as filler:
        filled = [document["data"] for kind, document in (filler(*pair) for pair in pairs) if kind == "event"]
    np.testing.assert_array_equal([np.asarray(data["image"]) for data in filled], expected)
    assert expected.dtype == dtype
    assert expected.any()
