"""A camera that is killed at any moment: what it acknowledged is read back as it is, without repair, in all formats."""

import random
import shutil

import framestore_handlers
import pytest
from taking import Job, killed

from framestore.formats import FORMATS, chosen

VARIANTS = {name: chosen(name) for name in FORMATS}
"""Settings of formats, by a name for them."""
JOBS = {
    "points": {"documents": "stream"},
    "points, datum": {"documents": "datum"},
    "bursts": {"documents": "stream", "frames_per_point": 3},
    "bursts, datum": {"documents": "datum", "frames_per_point": 3},
    "flight": {"fly": True},
    "flight of bursts": {"fly": True, "frames_per_point": 3},
}


def kills(seed, count, *, points, microseconds):
    """Moments: after which message, and how long after it; always the same for one seed."""
    moments = random.Random(seed)  # noqa: S311 - no secret
    return [(moments.randint(1, points), moments.uniform(0, microseconds)) for _ in range(count)]


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_all_that_was_acknowledged_is_read_back(tmp_path, variant, job):
    for number, moment in enumerate(kills(f"{variant} {job}", 3, points=12, microseconds=3000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], **JOBS[job]), *moment)
        left.check()
        left.check_acknowledged()


@pytest.mark.parametrize("variant", VARIANTS)
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
    for seed in range(60):
        ((after, microseconds),) = kills(f"{seed}", 1, points=60, microseconds=5000)
        folder = tmp_path / str(seed)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], **JOBS[job]), after, microseconds)
        left.check()
        left.check_acknowledged()
        shutil.rmtree(folder)


@pytest.mark.parametrize("variant", VARIANTS)
def test_recovery_loses_nothing_and_has_nothing_more_to_do_then(tmp_path, variant):
    for number, moment in enumerate(kills(variant, 2, points=12, microseconds=3000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        left = killed(Job(folder=folder, settings=VARIANTS[variant], frames_per_point=3), *moment)
        events = left.check()
        for item in framestore_handlers.remains.remains(folder / "frames"):
            found = item.recover(dry_run=True)
            recovery = item.recover(dry_run=False)
            assert recovery.mended or not recovery.found
            assert (recovery.frames, recovery.found) == (found.frames, found.found)
            assert recovery.frames >= 3 * left.acknowledged
            again = item.recover(dry_run=False)
            assert (again.frames, again.found) == (recovery.frames, ())
        assert left.check() == events
        left.check_acknowledged()
