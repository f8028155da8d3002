"""Times in a Zarr store are read with the care that is taken of its frames."""

import json

import numpy as np
import pytest
import zarr
from framestore_handlers import UntrustedPathError
from framestore_handlers.place import Place, resolved
from framestore_handlers.zarr import ZarrFrames
from untrusted import nothing_is_opened_in

TIMES = np.array([1.0, 2.0, 3.0, 4.0])


@pytest.fixture
def inside(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    return tmp_path / "inside"


@pytest.fixture
def store(inside):
    """4 events of a frame, their times in two files."""
    group = zarr.create_group(inside / "a.zarr")
    group.create_array("data", shape=(4, 1, 2, 3), dtype="u2", chunks=(1, 1, 2, 3))[...] = 7
    group.create_array("timestamp", shape=(4, 1), dtype="f8", chunks=(2, 1))[:, 0] = TIMES
    return inside / "a.zarr"


def times(store, start=0, stop=4):
    out = np.zeros(stop - start)
    ZarrFrames(place=Place(path=store / "data", roots=resolved([store.parent]))).times_into(out, start)
    return out


def describe(store, **changes):
    path = store / "timestamp" / "zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_times_of_any_frames(store):
    np.testing.assert_array_equal(times(store), TIMES)
    np.testing.assert_array_equal(times(store, 1, 3), TIMES[1:3])


def test_times_that_are_not_there_yet(store):
    describe(store, shape=[2, 1])
    np.testing.assert_array_equal(times(store, 1, 4), [2.0, np.nan, np.nan])
    np.testing.assert_array_equal(times(store, 3, 4), [np.nan])


@pytest.mark.parametrize("part", ["c/1/0", "zarr.json"])
def test_no_link_leads_out_of_the_allowed_roots(store, inside, part):
    outside = inside.with_name("outside")
    (store / "timestamp" / part).rename(outside / "file")
    (store / "timestamp" / part).symlink_to(outside / "file")
    with nothing_is_opened_in(outside), pytest.raises(UntrustedPathError, match="outside of allowed_roots"):
        times(store)


def test_a_file_of_times_that_is_missing_is_named(store):
    (store / "timestamp/c/1/0").unlink()
    with pytest.raises(OSError, match=r"timestamp/c/1/0 is missing: it holds frame 0 of event 2"):
        times(store)
    np.testing.assert_array_equal(times(store, 0, 2), TIMES[:2])


@pytest.mark.parametrize("claim", [{"shape": [4, 2]}, {"shape": [4]}, {"data_type": "bool", "fill_value": False}])
def test_times_are_a_number_a_frame(store, claim):
    describe(store, **claim)
    with pytest.raises(OSError, match=r"timestamp (holds|cannot be read)"):
        times(store)


def test_no_file_of_times_is_unpacked_whatever_its_size(store):
    grid = {"name": "regular", "configuration": {"chunk_shape": [2**30, 1]}}
    describe(store, chunk_grid=grid)
    with pytest.raises(OSError, match=r"timestamp claims chunks of \(1073741824, 1\) float64"):
        times(store)
