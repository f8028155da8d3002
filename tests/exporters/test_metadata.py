"""Documents as JSON: read back by `json`, which knows nothing of numpy."""

import datetime as dt
import enum
import json
import math
from collections import ChainMap
from pathlib import Path

import numpy as np
import pytest

from framestore.exporters.metadata import as_json


class Colour(enum.Enum):
    RED = "red"


class Device:
    def __repr__(self):
        return "Device('stage')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),  # noqa: FBT003 - a value
        (np.str_("x"), "x"),
        (np.array([[1, 2], [3, 4]], "u1"), [[1, 2], [3, 4]]),
        (np.array("2026-11-22T10:00:00", "M8[ns]"), "2026-11-22T10:00:00.000000000"),
        (np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]), [[1, 2.5]]),
        (np.array([{"a": 1}, None], object), [{"a": 1}, None]),
        (dt.datetime(2026, 11, 22, tzinfo=dt.UTC), "2026-11-22T00:00:00+00:00"),
        (dt.date(2026, 11, 22), "2026-11-22"),
        ({1: "a", np.int64(2): "b", (3, 4): "c", None: "d"}, {"1": "a", "2": "b", "[3, 4]": "c", "null": "d"}),
        (ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2}),
        ((1, [2, {"x": (3,)}]), [1, [2, {"x": [3]}]]),
        ({3, 1, 2}, [1, 2, 3]),
        (b"\x00\xff", {"base64": "AP8="}),
        (1 + 2j, [1.0, 2.0]),
        (Colour.RED, "red"),
        (Path("/data"), repr(Path("/data"))),
        (Device(), "Device('stage')"),
        (np.ndarray, "<class 'numpy.ndarray'>"),
        (2**70, 2**70),
    ],
)
def test_values_are_what_json_reads_back(value, expected):
    assert json.loads(as_json({"value": value})) == {"value": expected}


def test_numbers_that_are_none_come_back():
    found = json.loads(as_json([math.nan, math.inf, -math.inf, np.array([np.nan])]))

    assert math.isnan(found[0])
    assert found[1:3] == [math.inf, -math.inf]
    assert math.isnan(found[3][0])


def test_text_is_ascii_and_comes_back():
    document = {"Größe": "5 µm\n\x00 \ud800 😀"}

    text = as_json(document)

    assert text.isascii()
    assert json.loads(text) == document


def test_keys_keep_their_order():
    assert as_json({"b": 1, "a": {"d": 2, "c": 3}}) == '{"b": 1, "a": {"d": 2, "c": 3}}'
