"""Documents as msgpack: what msgpack-numpy writes is read, and nothing in it is run or takes memory without end."""

import builtins
import contextlib
import json
import pickle
import re
import tracemalloc
import warnings

import bluesky.plans as bp
import framestore_handlers
import msgpack
import msgpack_numpy
import numpy as np
import pytest
from framestore_handlers import CutFileWarning
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ophyd.sim import motor

HEAD = [
    ("start", {"uid": "run", "time": 0.0}),
    (
        "descriptor",
        {"uid": "d", "run_start": "run", "name": "primary", "data_keys": {"a": {"source": "s", "dtype": "number"}}},
    ),
]


def event(value, seq_num=1):
    document = {"uid": f"e{seq_num}", "descriptor": "d", "seq_num": seq_num, "time": 1.0}
    return "event", document | {"data": {"a": value}, "timestamps": {}}


def packed(pairs):
    """As suitcase-msgpack packs them."""
    return b"".join(msgpack.packb(pair, default=msgpack_numpy.encode, use_bin_type=True) for pair in pairs)


@pytest.fixture
def written(tmp_path):
    """Write pairs, or bytes."""
    path = tmp_path / "run.msgpack"

    def write(content):
        path.write_bytes(content if isinstance(content, bytes) else packed(content))
        return path

    return write


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_a_run(run_engine, make_camera, source, documents, written, family):
    run_engine(bp.scan([make_camera(source, documents=family, frames_per_point=2)], motor, 0, 5, 6), documents)
    run = framestore_handlers.load(written(documents.pairs))
    assert run.start == json.loads(json.dumps(documents.of("start")[0])), "tuples are lists"
    assert run.stop == documents.of("stop")[0]
    expected = np.array([source.expected(k) for k in range(12)]).reshape(6, 2, 5, 7)
    np.testing.assert_array_equal(run["primary"]["camera_image"].compute(), expected)
    np.testing.assert_array_equal(run["primary"]["motor"], np.arange(6.0))


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype="<u2").reshape(2, 3),
        np.arange(6, dtype=">f4").reshape(2, 3)[::-1, ::2],
        np.float32(1.5),
        np.int64(-3),
        np.bool_(True),  # noqa: FBT003 - numpy's own
        np.array([], "f8"),
        np.zeros((0, 3), "u1"),
        np.array(7, "i2"),
        np.array(["a", "bcd"]),
        np.array([b"a", b"bcd"]),
        np.array([(1, 2.5), (3, 4.5)], [("n", "<i4"), ("x", "<f8", (2,))]),
        1 + 2j,
        np.array([1 + 2j]),
        [1, 2, [3]],
        "text",
        b"bytes",
        None,
    ],
    ids=repr,
)
def test_values_of_numpy_are_what_they_were(written, value):
    run = framestore_handlers.load(written([*HEAD, event(value)]))
    (read,) = run["primary"]._parts.events.values("a")
    if isinstance(value, np.ndarray | np.generic):
        assert (read.dtype, read.shape) == (value.dtype, value.shape)
        np.testing.assert_array_equal(read, value)
    else:
        assert read == value


class Trap:
    def __reduce__(self):
        return pytest.fail, ("code of a file was run",)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([Trap()], object), "numpy of the type '\\|O'|numpy of the type \\[\\['', '\\|O'\\]\\]"),
        ({b"nd": True, b"type": "|O", b"kind": b"O", b"shape": [1], b"data": pickle.dumps(Trap())}, "of the type '|O'"),
        ({b"nd": True, b"type": [["a", "|O"]], b"kind": b"V", b"shape": [1], b"data": b"12345678"}, "of the type '|O'"),
        (
            {b"nd": True, b"type": "<f8", b"shape": [2**60], b"data": b""},
            "of (1152921504606846976,) float64",
        ),
        ({b"nd": True, b"type": "<f8", b"shape": [-1, -1], b"data": b"12345678"}, "of (-1, -1) float64 has 8 bytes"),
        ({b"nd": True, b"type": "<f8", b"shape": [0.5], b"data": b"1234"}, "TypeError: 'float'"),
        ({b"nd": True, b"type": "S999999999999", b"shape": [1], b"data": b""}, "not one: TypeError"),
        ({b"nd": True, b"type": "f8,f8", b"shape": [1], b"data": b"1" * 16}, "of the type 'f8,f8'"),
        ({b"nd": True, b"shape": [1]}, "not one: KeyError"),
        ({b"nd": False, b"type": "<f8", b"data": b"123"}, "has 3 bytes"),
        ({b"complex": True, b"data": "__import__"}, "could not convert string to complex"),
        (msgpack.ExtType(5, b"abc"), "extension type 5 (3 bytes)"),
        ({7: 1}, "int is not allowed for map key"),
    ],
)
def test_what_is_not_data_is_refused(written, value, message):
    path = written(packed(HEAD) + msgpack.packb(event(value), default=msgpack_numpy.encode))
    pattern = message if "\\" in message else re.escape(message)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}: item 3 is not a document .*({pattern})"):
        framestore_handlers.load(path)


@pytest.mark.parametrize(
    "item",
    [7, [1], ["start", {}, {}], {"name": "start", "doc": {}}, [b"start", {}], ["start", 3], "ab", None],
    ids=repr,
)
def test_what_is_not_a_document_is_named(written, item):
    path = written(packed(HEAD) + msgpack.packb(item) + packed([event(1)]))
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}: item 3 is not a document"):
        framestore_handlers.load(path)


def test_every_cut_is_reported_and_the_rest_is_read(written):
    pairs = [*HEAD, event(np.arange(5)), event(np.arange(5), 2)]
    ends = [len(packed(pairs[:count])) for count in range(1, 5)]
    whole = packed(pairs)
    for length in range(ends[0], len(whole) + 1):
        path = written(whole[:length])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run = framestore_handlers.load(path)
        said = [str(warning.message) for warning in caught if warning.category is CutFileWarning]
        complete = sum(end <= length for end in ends)
        assert sum(map(len, run._streams.values())) == max(complete - 2, 0)
        assert len(said) == (length not in ends)
        assert all(f"{path}: document {complete + 1}, the last, is cut off" in words for words in said)


@pytest.mark.parametrize(
    "content",
    [
        b"\xdd\x7f\xff\xff\xff",
        b"\xdd\x00\x20\x00\x00" * 900,
        b"\x91" * 100_000,
        b"\xdf\x7f\xff\xff\xff",
        b"\xc6\x7f\xff\xff\xff" + bytes(1000),
        b"\xdb\xff\xff\xff\xff",
        b"\xc1",
        b"\xa2\xff\xff",
    ],
    ids=["list", "lists", "deep", "mapping", "bytes", "text", "reserved", "not utf-8"],
)
def test_sizes_that_a_file_claims_take_no_memory(written, content):
    path = written(packed(HEAD) + content)
    is_cut_off = content[0] in b"\xc6\xdb"
    tracemalloc.start()
    try:
        with (
            pytest.warns(CutFileWarning) if is_cut_off else pytest.raises(ValueError, match="item 3 is not a document")
        ):
            framestore_handlers.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 2**20


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), bits=st.binary(min_size=1, max_size=8))
def test_damaged_files_are_read_or_refused(written, at, bits):
    whole = bytearray(packed([*HEAD, event(np.arange(5)), event(2.5, 2), ("stop", {"uid": "s", "run_start": "run"})]))
    at %= len(whole)
    whole[at : at + len(bits)] = bits
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CutFileWarning)
        with contextlib.suppress(ValueError):
            run = framestore_handlers.load(written(bytes(whole)))
            assert run.start["uid"]


def test_without_msgpack_the_command_is_named(written, monkeypatch):
    path = written(HEAD)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "msgpack":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'framestore-handlers\[msgpack\]'"):
        framestore_handlers.load(path)
