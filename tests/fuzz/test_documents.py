"""Damaged documents: the frames that are right, other frames of the run, or an error; no crash, no hang, no memory."""

import copy
import json

import framestore_handlers
import numpy as np
import pytest
from bluesky.plans import count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EACH = {"suppress_health_check": list(HealthCheck), "deadline": None, "database": None}
ALLOWED = {"OSError", "ValueError"}
"""Kinds of errors: of files, and of documents."""
HOSTILE = st.sampled_from(
    [
        *(None, True, False, "", "x", "/", "..", "../../etc/passwd", "/dev/zero", "/proc/self/mem", "file:///dev/zero"),
        *(0, 1, -1, 2**31, 2**53, 2**62, 2**63, 10**30, 10**400, 0.0, -0.5, 1e308, float("nan"), float("inf")),
        *(
            [],
            {},
            [[]],
            [0],
            [-1],
            [10**9, 10**9],
            [1, 10**12, 10**12],
            ["<u2"],
            {"a": 1},
            {"start": 0, "stop": 10**18},
        ),
        *("<u8", "O", "V9", "%s%s_%d.tiff", "{:999999999d}", "{0.__class__}", "%999999999d", "\0", "\ud800", "é" * 300),
        *(
            "AD_HDF5",
            "FRAMESTORE_ZARR",
            "application/x-hdf5",
            "image/tiff",
            "STREAM:",
            "FILESTORE:",
            "/entry",
            "." * 5000,
        ),
    ]
)


def places(value, way=()):
    """Ways to every value in a document, and in what it holds."""
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in items:
        yield from places(part, (*way, name))


def put(document, way, value):
    for name in way[:-1]:
        document = document[name]
    if value is ...:
        del document[way[-1]]
    else:
        document[way[-1]] = value


@st.composite
def damaged(draw, pairs):
    """The documents after one to four blows: one is dropped, doubled, moved, or a value in it is another."""
    pairs = copy.deepcopy(pairs)
    for _ in range(draw(st.integers(1, 4))):
        if not pairs:
            break
        at = draw(st.integers(0, len(pairs) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "name", "put", "put", "put", "put", "remove"])):
            case "drop":
                del pairs[at]
            case "double":
                pairs.insert(draw(st.integers(0, len(pairs))), copy.deepcopy(pairs[at]))
            case "swap":
                pairs.insert(draw(st.integers(0, len(pairs) - 1)), pairs.pop(at))
            case "name":
                pairs[at][0] = draw(st.sampled_from([pair[0] for pair in pairs] + ["bulk_events", "x"]))
            case kind:
                way = draw(st.sampled_from(list(places(pairs[at][1]))))
                if way:
                    put(pairs[at][1], way, ... if kind == "remove" else copy.deepcopy(draw(HOSTILE)))
    return pairs


@pytest.fixture
def recorded(request, run_engine, make_camera, numbered_source, documents, folder, tmp_path):
    """Documents of four frames, two a point, and the path of the frames."""
    format_, family = request.param
    camera = make_camera(numbered_source((8, 16), "uint8"), format=format_, documents=family, frames_per_point=2)
    run_engine(count([camera], 2), documents)
    camera.unstage()
    right = tmp_path / "right.npy"
    np.save(right, framestore_handlers.load(documents)["primary"].read("camera_image"))
    return json.loads(json.dumps(documents.pairs)), right


def fuzz(recorded, reader, examples):
    pairs, right = recorded
    assert reader.read(pairs, right) == ["right", ""]

    @settings(max_examples=examples, derandomize=examples < 100, **EACH)
    @given(pairs=damaged(pairs))
    def each(pairs):
        answer, text = reader.read(pairs, right)
        assert answer in ("right", "other") or ALLOWED & set(answer.split(",")), f"{answer}: {text}"

    each()


every = pytest.mark.parametrize(
    "recorded", [("hdf5", "stream"), ("tiff", "datum")], indirect=True, ids=["streamed", "legacy"]
)


@every
def test_a_few_damaged_documents(recorded, reader):
    fuzz(recorded, reader, 40)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@every
def test_many_damaged_documents(recorded, reader):
    fuzz(recorded, reader, 3000)
