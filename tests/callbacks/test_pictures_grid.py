"""LiveThumbnailGrid: each image of a run stands where its motors were, while the run goes on and afterwards."""

import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import event_model
import numpy as np
import pytest
from bluesky.utils import FailedStatus
from drawn import page, tiles, values, words
from fronts_of import OPHYD_ASYNC, fronts
from ophyd.sim import SynAxis
from slow import slow

from framestore import plans
from framestore.callbacks import LiveThumbnailGrid


@pytest.fixture(params=["stream", pytest.param("datum", marks=pytest.mark.slow)])
def family(request):
    return request.param


class Place:
    """Two motors, and images that are full of 10 + 20 x + 50 y."""

    def __init__(self, noise=0.0):
        random = np.random.default_rng(3)

        def readback(position):
            return position + noise * random.random()

        self.x, self.y = SynAxis(name="mx", readback_func=readback), SynAxis(name="my", readback_func=readback)
        self.shots = 0
        self.breaks_after = None

    def __call__(self):
        self.shots += 1
        if self.shots - 1 == self.breaks_after:
            msg = "the camera was unplugged"
            raise OSError(msg)
        return np.full((12, 16), 10 + 20 * self.x.setpoint.get() + 50 * self.y.setpoint.get(), "uint16")


@pytest.fixture
def place():
    return Place(noise=0.01)


@pytest.fixture
def camera(make_camera, place, family):
    return make_camera(place, documents=family)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "grid.png"


@pytest.fixture
def grid(path):
    return LiveThumbnailGrid(path=path, patience=60)


def expected(xs, ys):
    """The same of images of a `Place`, of all combinations of its motors, y up."""
    values = 10 + 20 * np.sort(xs)[None, :] + 50 * np.sort(ys)[::-1, None]
    return (values - values.min()) / np.ptp(values)


GRIDS = {
    "x is slow": (lambda c, s: bp.grid_scan([c], s.x, 1, 2, 3, s.y, 2, 3, 2), [1, 1.5, 2], [2, 3]),
    "snake": (lambda c, s: bp.grid_scan([c], s.y, 2, 4, 3, s.x, 0, 3, 4, snake_axes=True), [0, 1, 2, 3], [2, 3, 4]),
    "downwards": (lambda c, s: bp.grid_scan([c], s.x, 3, 0, 2, s.y, 5, 1, 3), [0, 3], [1, 3, 5]),
    "list": (lambda c, s: bp.list_grid_scan([c], s.x, [0, 4, 1], s.y, [3, 1]), [0, 1, 4], [1, 3]),
    "relative": (lambda c, s: bp.rel_grid_scan([c], s.x, 1, -1, 3, s.y, -1, 1, 2), [-1, 0, 1], [-1, 1]),
    "one row": (lambda c, s: bp.grid_scan([c], s.y, 1, 1, 1, s.x, 0, 2, 3), [0, 1, 2], [1]),
    "spiral": (lambda c, s: bp.spiral_square([c], s.x, s.y, 2, 2, 2, 2, 3, 3), [1, 2, 3], [1, 2, 3]),
}


@pytest.mark.parametrize("plan", ["snake", "downwards", *slow(*sorted(GRIDS.keys() - {"snake", "downwards"}))])
def test_grid_has_x_to_the_right_and_y_up_in_any_order(engine, camera, place, grid, path, plan):
    if plan == "relative":
        engine(bps.mv(place.x, 3, place.y, 3))
    make, xs, ys = GRIDS[plan]
    engine(make(camera, place), grid)
    np.testing.assert_allclose(values(path), expected(xs, ys), atol=0.01)
    assert not grid.errors
    assert grid.skipped == 0


@fronts(OPHYD_ASYNC)
def test_grid_of_a_camera_of_ophyd_async(engine, make_camera, place, grid, path):
    engine(bp.grid_scan([make_camera(place)], place.x, 0, 1, 2, place.y, 0, 2, 3), grid)
    np.testing.assert_allclose(values(path), expected([0, 1], [0, 1, 2]), atol=0.01)


def test_grid_fills_up_while_the_scan_goes_on(engine, camera, place, grid, path):
    """After each point the picture is looked at: it has room for what is still to come."""
    found = []

    def look(name, event):
        assert grid.wait(60)
        found.append(values(path))

    engine.subscribe(grid)
    engine.subscribe(look, "event")
    engine(bp.grid_scan([camera], place.y, 2, 0, 2, place.x, 0, 2, 3, snake_axes=True))
    assert [picture.shape for picture in found[:3]] == [(1, 1), (1, 2), (1, 3)]
    assert found[3].shape == found[5].shape == (2, 3)
    assert np.isnan(found[3]).tolist() == [[False] * 3, [True, True, False]]
    np.testing.assert_allclose(found[5], expected([0, 1, 2], [0, 2]), atol=0.01)
    np.testing.assert_array_equal(found[5], values(path))


def test_room_is_kept_where_the_scan_goes_downwards(engine, make_camera, place, grid, path):
    """The first row stands at the right height before the others come."""
    heights = []

    def look(name, event):
        assert grid.wait(60)
        heights.append(_height(path))

    engine.subscribe(grid)
    engine.subscribe(look, "event")
    for first, last in ((0, 2), (2, 0)):
        engine(bp.grid_scan([make_camera(place)], place.y, first, last, 3, place.x, 0, 1, 2))
    assert heights[0] > 0.6, "the lowest row"
    assert heights[6] < 0.4, "the highest"


def _height(path):
    """Where the ink of all thumbnails is in the picture, 0 on top."""
    ink = page(path)[70:, 60:-120].min(axis=2) < 250
    rows = np.flatnonzero(ink.mean(axis=1) > 0.3)
    return rows.mean() / len(ink)


def test_grid_that_was_broken_off_has_white_where_it_did_not_come(engine, camera, place, grid, path):
    place.breaks_after = 6  # the first shot tells shape and dtype
    with pytest.raises(FailedStatus):
        engine(bp.grid_scan([camera], place.x, 0, 3, 4, place.y, 0, 2, 3), grid)
    assert np.isnan(values(path)).tolist() == [[False, True], [False, False], [False, False]]


def test_points_of_no_motor_stand_in_rows_by_their_number(engine, make_camera, family, grid, path):
    numbers = iter(range(100))
    camera = make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), documents=family)
    engine(bp.count([camera], 7), grid)  # frame 0 tells shape and dtype
    np.testing.assert_allclose(values(path), [[0, 1 / 6, 2 / 6], [3 / 6, 4 / 6, 5 / 6], [1, np.nan, np.nan]], atol=0.01)
    assert words(path)["Comment"] == "7 points"


def test_points_of_one_motor_stand_in_rows(engine, camera, place, grid, path):
    engine(bp.scan([camera], place.x, 0, 4, 5), grid)
    np.testing.assert_allclose(values(path), [[0, 0.25, 0.5, 0.75, 1]], atol=0.01)


def test_fly_scan(engine, make_camera, grid, path):
    numbers = iter(range(100))
    engine(plans.time_series([make_camera(lambda: np.full((6, 8), next(numbers), "uint8"))], 4), grid)
    np.testing.assert_allclose(values(path), [[0, 1 / 3, 2 / 3, 1]], atol=0.01)


def test_mean_of_several_frames_in_a_point(engine, make_camera, grid, path):
    numbers = iter([0, 0, 0, 0, 40, 20, 100])  # the first tells shape and dtype
    camera = make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), frames_per_point=2)
    engine(bp.count([camera], 3), grid)
    np.testing.assert_allclose(values(path), [[0, 20 / 60, 1]], atol=0.01)


def test_points_of_unknown_number_become_fewer_and_smaller(engine, make_camera, grid, path):
    """Nobody knows when it ends: every second one is left out when there are too many to see."""
    numbers = iter(range(3000))
    camera = make_camera(lambda: np.full((6, 8), next(numbers), "uint16"), stats=())

    def plan():
        @bpp.stage_decorator([camera])
        @bpp.run_decorator()
        def inner():
            for _ in range(40):
                yield from bps.trigger_and_read([camera])

        yield from inner()

    from framestore.callbacks import sheet

    most, sheet._MOST = sheet._MOST, 16
    try:
        engine(plan(), grid)
    finally:
        sheet._MOST = most
    found = values(path).ravel()
    np.testing.assert_allclose(found[~np.isnan(found)], np.arange(10) / 9, atol=0.01)
    assert words(path)["Comment"] == "every 4. of 37 points"


def test_more_points_than_can_be_seen(engine, documents, make_camera, path, monkeypatch):
    """Where their number is known, those that are left out are not read at all."""
    from framestore.callbacks import sheet

    monkeypatch.setattr(sheet, "_MOST", 4)
    numbers = iter(range(100))
    grid = LiveThumbnailGrid(path=path, patience=60)
    engine(bp.count([make_camera(lambda: np.full((6, 8), next(numbers), "uint8"))], 7), grid)
    np.testing.assert_allclose(values(path), [[0, 1 / 3, 2 / 3, 1]], atol=0.02)
    assert words(path)["Comment"] == "every 2. of 7 points"


def test_colours_are_shown_on_one_scale(engine, make_camera, grid, path):
    colours = iter([(0, 0, 0), (0, 200, 0), (0, 0, 200), (100, 100, 0), (100, 0, 0)])
    engine(bp.count([make_camera(lambda: np.broadcast_to(np.uint8(next(colours)), (12, 16, 3)).copy())], 4), grid)
    found = [tuple(tile[5, 5].tolist()) for tile in tiles(path)[0]]
    assert found == [(0, 255, 0), (0, 0, 255), (128, 128, 0), (128, 0, 0)]


def test_run_does_not_wait_for_thumbnails(engine, make_camera, grid, path, monkeypatch):
    """The first is drawn until the last event has come."""
    from framestore.callbacks.sheet import Sheet

    has_begun, goes_on, put, came = threading.Event(), threading.Event(), Sheet.put, []

    def slowly(sheet, shot):
        has_begun.set()
        assert goes_on.wait(60)
        put(sheet, shot)

    def watch(name, event):
        came.append(event["seq_num"])
        assert has_begun.wait(60)
        if len(came) == 5:
            goes_on.set()

    monkeypatch.setattr(Sheet, "put", slowly)
    engine.subscribe(grid)
    engine.subscribe(watch, "event")
    numbers = iter(range(100))
    engine(bp.count([make_camera(lambda: np.full((6, 8), next(numbers), "uint8"))], 5))
    np.testing.assert_allclose(values(path), [np.arange(5) / 4], atol=0.02)
    assert grid.skipped == 0


def test_file_that_is_gone_leaves_its_place_white_and_is_reported(engine, make_camera, documents, path, folder):
    numbers = iter(range(100))
    engine(bp.count([make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), format="tiff")], 3))
    sorted(folder.rglob("*.tif*"))[1].unlink()
    grid = LiveThumbnailGrid(path=path, patience=60)
    for name, document in documents:
        grid(name, document)
    assert "scan 1" in grid.errors[0].__notes__[0]
    assert isinstance(grid.errors[0], FileNotFoundError)
    np.testing.assert_allclose(values(path), [[0, 1]], atol=0.01)
    assert words(path)["Comment"] == "2 points"


def test_run_of_which_all_files_are_gone_is_reported_as_that(engine, make_camera, documents, path, folder):
    engine(bp.count([make_camera(lambda: np.zeros((6, 8), "uint8"), format="tiff")], 2))
    for file in folder.rglob("*.tif*"):
        file.unlink()
    grid = LiveThumbnailGrid(path=path, patience=60)
    for name, document in documents:
        grid(name, document)
    assert len(grid.errors) == 2
    assert all(isinstance(error, FileNotFoundError) for error in grid.errors)
    assert not path.exists()


def test_point_that_is_taken_again_replaces_its_thumbnail(path):
    run = event_model.compose_run(metadata={"scan_id": 3})
    key = {"source": "here", "dtype": "array", "shape": [6, 8]}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    grid = LiveThumbnailGrid("image", path=path, on_error="raise", patience=60)
    grid("start", run.start_doc)
    grid("descriptor", descriptor.descriptor_doc)
    for seq_num, value in ((1, 0), (2, 90), (3, 100), (2, 50)):
        data = {"image": np.full((6, 8), value)}
        grid("event", descriptor.compose_event(seq_num=seq_num, data=data, timestamps={"image": 0.0}, validate=False))
    grid("stop", run.compose_stop())
    np.testing.assert_allclose(values(path), [[0, 0.5, 1]], atol=0.02)


def test_interleaved_runs_have_a_sheet_each(engine, make_camera, tmp_path):
    grid = LiveThumbnailGrid(path=tmp_path / "{start[name]}.png", patience=60)
    numbers = iter(range(100))
    first, second = (
        make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), name=name) for name in ("first", "second")
    )

    def plan():
        for run, camera in (("a", first), ("b", second)):
            yield from bps.stage(camera)
            yield from bpp.set_run_key_wrapper(bps.open_run({"name": run}), run)
        for _ in range(3):
            for run, camera in (("a", first), ("b", second)):
                yield from bpp.set_run_key_wrapper(bps.trigger_and_read([camera]), run)
        for run, camera in (("a", first), ("b", second)):
            yield from bpp.set_run_key_wrapper(bps.close_run(), run)
            yield from bps.unstage(camera)

    engine(plan(), grid)
    for name in "ab":
        np.testing.assert_allclose(values(tmp_path / f"{name}.png"), [[0, 0.5, 1]], atol=0.01)
    assert not grid.errors
