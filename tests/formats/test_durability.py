"""A camera that is killed at any moment: what it acknowledged is read back as it is, without repair, in all formats."""

import random
import shutil
from itertools import product

import pytest
from framestore_handlers.remains import remains
from taking import Job, killed

from framestore.formats import FORMATS, HDF5, JPEG, TIFF, TIFFStack, Zarr, chosen

VARIANTS = {
    **{name: chosen(name) for name in FORMATS},
    "hdf5 in parts": HDF5(rotate_frames=6),
    "hdf5 synced": HDF5(durable="synced"),
    "hdf5 gzip": HDF5(compression="gzip"),
    "hdf5 bitshuffle-lz4": HDF5(compression="bitshuffle-lz4"),
    "jpeg in parts": JPEG(rotate_frames=6),
    "tiff deflate": TIFF(compression="deflate"),
    "tiff_stack zstd": TIFFStack(compression="zstd"),
    "zarr zstd": Zarr(compression="zstd"),
    "zarr synced": Zarr(durable="synced"),
}
"""Settings of formats, by a name for them."""
JOBS = {
    "points": {"documents": "stream"},
    "points, datum": {"documents": "datum"},
    "bursts": {"documents": "stream", "frames_per_point": 3},
    "bursts, datum": {"documents": "datum", "frames_per_point": 3},
    "flight": {"fly": True},
    "flight of bursts": {"fly": True, "frames_per_point": 3},
}
FEW = [
    *product(FORMATS, ["points", "bursts, datum"]),
    *product(VARIANTS, ["flight of bursts"]),
]
"""Variants and jobs of the tests that are always run; the slow ones take all."""


def kills(seed, count, *, points, microseconds):
    """Moments: after which message, and how long after it; always the same for one seed."""
    moments = random.Random(seed)  # noqa: S311 - no secret
    return [(moments.randint(1, points), moments.uniform(0, microseconds)) for _ in range(count)]


@pytest.mark.parametrize(("variant", "job"), FEW, ids=map(", ".join, FEW))
def test_all_that_was_acknowledged_is_read_back(tmp_path, variant, job):
    points = 3 if "flight" in job else 12
    for number, moment in enumerate(kills(f"{variant} {job}", 2, points=points, microseconds=3000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], **JOBS[job]), *moment)
        left.check()
        left.check_acknowledged()


@pytest.mark.parametrize("variant", FORMATS)
def test_a_camera_that_is_killed_while_it_begins(tmp_path, variant):
    for number, (_, microseconds) in enumerate(kills(variant, 3, points=1, microseconds=120_000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant]), 0, microseconds)
        left.check()
        left.check_acknowledged()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_all_that_was_acknowledged_is_read_back_many_times(tmp_path, variant, job):
    for seed in range(20):
        ((after, microseconds),) = kills(f"{seed}", 1, points=60, microseconds=5000)
        folder = tmp_path / str(seed)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], **JOBS[job]), after, microseconds)
        left.check()
        left.check_acknowledged()
        shutil.rmtree(folder)


@pytest.mark.parametrize("variant", [name for name in VARIANTS if "synced" not in name])
def test_recovery_loses_nothing_and_has_nothing_more_to_do_then(tmp_path, variant):
    for number, moment in enumerate(kills(variant, 2, points=12, microseconds=3000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], frames_per_point=3), *moment)
        points = left.check()
        found = [item.recover(dry_run=True) for item in remains(folder / "frames")]
        mended = [item.recover(dry_run=False) for item in remains(folder / "frames")]
        assert [(one.frames, one.found) for one in found] == [(one.frames, one.found) for one in mended]
        assert all(one.mended or not one.found for one in mended)
        assert sum(one.frames for one in mended) >= 3 * left.acknowledged
        again = [item.recover(dry_run=False) for item in remains(folder / "frames")]
        left_there = [one for one in mended if one.path.exists()]  # what was never finished is gone
        assert [(one.frames, one.found) for one in again] == [(one.frames, ()) for one in left_there]
        assert left.check() == points
        left.check_acknowledged()
