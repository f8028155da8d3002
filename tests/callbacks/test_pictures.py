"""LiveImage: the newest frame is in the picture, and the run does not wait for it."""

import json
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace

import bluesky.plans as bp
import event_model
import framestore_handlers
import numpy as np
import pytest
from bluesky.preprocessors import subs_decorator
from drawn import brightest, grey, only, page, words
from fronts_of import OPHYD_ASYNC, fronts
from matplotlib.colors import LogNorm
from ophyd.sim import motor
from PIL import Image

from framestore import Frame, plans
from framestore.callbacks import HiddenDocumentsError, LiveImage


class Counting:
    """Frame k is full of 10 k, from 1 on."""

    shape, dtype = (6, 8), np.dtype("uint8")

    def __init__(self):
        self.count = 0

    def start(self): ...

    def stop(self): ...

    def next_frame(self, timeout):
        self.count += 1
        return Frame(np.full(self.shape, 10 * self.count, self.dtype), self.count, 0.0)


class Gate:
    """A drawing that takes until the test says so; it is given as ``limit_func``."""

    def __init__(self):
        self.goes_on, self.has_begun = threading.Event(), threading.Event()

    def __call__(self, image):
        self.has_begun.set()
        assert self.goes_on.wait(60)
        return 0, 255


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.goes_on.set()


@pytest.fixture
def counting(make_camera):
    return make_camera(Counting())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "pictures" / "newest.png"


@pytest.fixture
def live_image(path):
    """A LiveImage in whose file frame k has the grey 10 k."""

    def make(field=None, **settings):
        settings = {"path": path, "cmap": "gray", "limit_func": lambda image: (0, 255), "patience": 60} | settings
        return LiveImage(field, **settings)

    return make


def frame(number):
    """The grey of frame ``number``, as one of 240 steps."""
    return pytest.approx(10 * number, abs=1)


@pytest.mark.parametrize("frames_per_point", [1, 3])
def test_last_frame_of_a_run_is_in_the_file(engine, make_camera, family, live_image, path, frames_per_point):
    live = live_image("camera_image")
    camera = make_camera(Counting(), documents=family, frames_per_point=frames_per_point)
    engine(bp.count([camera], 4), live)
    assert grey(only(path)) == frame(4 * frames_per_point)
    assert words(path)["Title"] == "scan 1 · camera_image"
    which = "" if frames_per_point == 1 else ", frame 3 of 3"
    assert words(path)["Comment"] == f"event 4{which} · 8 x 6 pixels"
    assert live.path == path
    assert not live.errors


@fronts(OPHYD_ASYNC)
def test_last_frame_of_a_camera_of_ophyd_async(engine, counting, live_image, path):
    engine(bp.count([counting], 3), live_image("camera"))
    assert grey(only(path)) == frame(3)


def test_last_frame_of_a_fly_scan_is_in_the_file(engine, counting, live_image, path):
    live = live_image()
    engine(plans.time_series([counting], 6), live)
    assert grey(only(path)) == frame(6)
    assert words(path)["Comment"] == "event 6 · 8 x 6 pixels"
    assert not live.errors


def test_spot_is_where_it_is_in_the_frame(engine, make_spot_camera, documents, path):
    engine(bp.scan([make_spot_camera(motor)], motor, 0.3, 0.6, 2), LiveImage(path=path, patience=60))
    frame = framestore_handlers.load(documents)["primary"].read("camera_image", start=-1)[0, 0]
    row, column = np.unravel_index(frame.argmax(), frame.shape)
    assert brightest(only(path)) == pytest.approx(((row + 0.5) / 10, (column + 0.5) / 12), abs=0.05)


def test_run_does_not_wait_for_a_drawing_and_frames_between_are_skipped(engine, counting, live_image, path, gate):
    """The drawing of the first frame goes on until the last event has come."""
    live = live_image(limit_func=gate)
    numbers = []

    def watch(name, event):
        numbers.append(event["seq_num"])
        assert gate.has_begun.wait(60)
        if len(numbers) == 6:
            gate.goes_on.set()

    engine.subscribe(live)
    engine.subscribe(watch, "event")
    engine(bp.count([counting], 6))
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert live.wait()
    assert live.skipped == 4
    assert grey(only(path)) == frame(6)


def test_drawing_that_hangs_holds_up_the_end_of_one_run_only_and_comes_later(
    engine, counting, live_image, path, gate, capsys
):
    live = live_image(limit_func=gate, patience=0.05)
    assert engine(bp.count([counting], 2), live).exit_status == "success"
    (error,) = live.errors
    assert isinstance(error, TimeoutError)
    assert "LiveImage failed once in run" in capsys.readouterr().err
    live._watch._patience = 3600  # a second run does not wait for what hangs already
    assert engine(bp.count([counting], 2), live).exit_status == "success"
    assert not path.exists()
    gate.goes_on.set()
    assert live.wait()
    assert grey(only(path)) == frame(4)
    engine(bp.count([counting], 1), live)
    assert not live.errors
    assert grey(only(path)) == frame(5)


def test_whoever_opens_the_file_sees_a_whole_picture(engine, counting, live_image, path):
    """Each picture is opened while the next ones are drawn."""
    live = live_image(interval=0, patience=60)
    engine(bp.count([counting], 1), live)
    seen, is_over = [], threading.Event()

    def look():
        while not is_over.is_set():
            seen.append(grey(only(path)))

    looking = threading.Thread(target=look)
    looking.start()
    engine(bp.count([counting], 20), live)
    is_over.set()
    looking.join()
    assert seen == sorted(seen)
    assert seen[0] == frame(1)
    assert list(path.parent.iterdir()) == [path]


SAVES = """
import sys
import numpy as np
from pathlib import Path
from PIL import Image
from framestore.callbacks.picture_file import save
random = np.random.default_rng(1)
while True:
    save(Image.fromarray(random.integers(0, 255, (400, 400), "uint8")), Path(sys.argv[1]), {})
    print("saved", flush=True)
"""


@pytest.mark.slow
def test_process_that_is_killed_leaves_a_whole_picture(path):
    for number in range(1, 6):
        command = [sys.executable, "-c", SAVES, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(number):
                assert process.stdout.readline() == "saved\n"
            process.kill()
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (400, 400)


def test_each_run_has_its_file_by_a_template(engine, counting, live_image, tmp_path):
    live = live_image(path=tmp_path / "{start[sample]}" / "{start[scan_id]:03d}_{field}.png")
    for sample in ("dust", "sand"):
        engine(bp.count([counting], 1, md={"sample": sample}), live)
    assert grey(only(tmp_path / "dust" / "001_camera_image.png")) == frame(1)
    assert grey(only(tmp_path / "sand" / "002_camera_image.png")) == frame(2)


def test_interval_between_two_drawings(engine, counting, live_image, path):
    """But for the last of a run, which is drawn at once."""
    drawn = []

    def limits(image):
        drawn.append(int(image[0, 0]))
        return 0, 255

    live = live_image(limit_func=limits, interval=3600)
    engine(bp.count([counting], 5), live)
    assert drawn[-1] == 50
    assert len(drawn) <= 2, "the first, and the last"


def test_failure_is_reported_and_the_run_goes_on(engine, counting, live_image, read_only, capsys):
    live = live_image(path=read_only / "newest.png")
    assert engine(bp.count([counting], 2), live).exit_status == "success"
    assert all(isinstance(error, OSError) for error in live.errors)
    assert live.errors
    told = capsys.readouterr().err
    assert "Read-only file system" in told
    assert "scan 1" in told


def test_failure_ends_the_run_where_that_is_wanted(engine, counting, live_image, read_only):
    live = live_image(path=read_only / "newest.png", on_error="raise")
    with pytest.raises(OSError, match="Read-only file system"):
        engine(bp.count([counting], 1), live)


def test_full_disk_leaves_the_picture_before_and_no_other_file(engine, counting, live_image, small_disk):
    live = live_image(path=small_disk / "newest.png")
    engine(bp.count([counting], 1), live)
    filling = small_disk / "filling"
    with pytest.raises(OSError, match="No space"):
        filling.write_bytes(b"0" * 2**21)
    engine(bp.count([counting], 1), live)
    assert "No space" in str(live.errors[0])
    assert grey(only(small_disk / "newest.png")) == frame(1)
    assert {path.name for path in small_disk.iterdir()} == {"newest.png", "filling"}


def test_file_of_somebody_else_is_not_replaced(engine, counting, live_image, path):
    path.parent.mkdir()
    for content in (b"my notes", None):
        if content is None:
            Image.new("L", (4, 4)).save(path)
        else:
            path.write_bytes(content)
        before = path.read_bytes()
        live = live_image()
        engine(bp.count([counting], 1), live)
        assert isinstance(live.errors[0], FileExistsError)
        assert str(path) in str(live.errors[0])
        assert path.read_bytes() == before


def test_runs_without_the_image_are_passed_over(engine, counting, live_image, path, caplog):
    live = live_image("other_image")
    engine(bp.scan([], motor, 0, 1, 2), live)
    assert not caplog.text
    engine(bp.count([counting], 1), live)
    assert "stream 'primary' has no image 'other_image', so nothing was drawn; it has: camera_image" in caplog.text
    assert not live.errors
    assert not path.exists()


def test_subscription_that_hides_documents_is_refused(engine, counting, live_image):
    engine.subscribe(live_image(), "event")
    with pytest.raises(HiddenDocumentsError, match="LiveImage got"):
        engine(bp.count([counting], 1))


def test_on_another_machine_from_documents_as_json(engine, counting, documents, live_image, path, folder, tmp_path):
    engine(bp.count([counting], 3))
    moved = shutil.move(folder, tmp_path / "moved")
    live = live_image(root_map={str(folder): str(moved)}, allowed_roots=[moved])
    for name, document in json.loads(json.dumps(list(documents))):
        for _ in range(2):  # a broker of messages may deliver one again
            live(name, document)
    assert grey(only(path)) == frame(3)
    refused = live_image(root_map={str(folder): str(moved)}, allowed_roots=[tmp_path / "elsewhere"])
    for name, document in documents:
        refused(name, document)
    assert isinstance(refused.errors[0], PermissionError)


def test_root_map_and_handlers_of_a_broker(engine, counting, documents, live_image, path, folder, tmp_path):
    broker = SimpleNamespace(root_map={str(folder): str(tmp_path / "moved")}, handler_registry={})
    engine(bp.count([counting], 3))
    shutil.move(folder, tmp_path / "moved")
    live = live_image(db=broker)
    for name, document in documents:
        live(name, document)
    assert grey(only(path)) == frame(3)


def test_as_in_the_documentation_of_bluesky(engine, counting, live_image, path):
    """A subscription through a plan, with the arguments of bluesky's callback of that name."""
    live = live_image(
        "camera_image", db=None, norm=None, auto_redraw=True, interpolation="nearest", window_title="the camera"
    )

    @subs_decorator(live)
    def plan():
        yield from bp.count([counting], 2)

    engine(plan())
    assert grey(only(path)) == frame(2)


@pytest.mark.parametrize("value", [7, 0])
@pytest.mark.parametrize(
    "scale",
    [{"norm": LogNorm(), "limit_func": None}, {"limit_func": lambda image: (image.min(), image.max())}],
    ids=["norm", "limits"],
)
def test_image_that_is_the_same_all_over_has_a_picture(engine, make_camera, live_image, path, scale, value):
    live = live_image(**scale)
    engine(bp.count([make_camera(lambda: np.full((6, 8), value, "uint16"))], 1), live)
    assert not live.errors
    assert live.path == path


RAMP = np.arange(48).reshape(6, 8)
KINDS = {
    "bool": (RAMP > 23, "a half is white"),
    "uint16": ((RAMP * 1000).astype("uint16"), "from dark to bright"),
    "negative": (RAMP - 100, "from dark to bright"),
    "float": (RAMP / 7.0, "from dark to bright"),
    "complex": (RAMP * 1j, "from dark to bright"),
    "not finite": (np.where(RAMP == 8, np.nan, np.where(RAMP == 16, np.inf, RAMP / 7.0)), "without two"),
    "constant": (np.full((6, 8), 7), "all bright"),
    "nothing": (np.full((6, 8), np.nan), "all white"),
    "0": (np.zeros((6, 8)), "all dark"),
    "frames": (np.stack([0 * RAMP, RAMP]), "from dark to bright"),
    "rgb": (np.stack([5 * RAMP, 0 * RAMP, 255 - 5 * RAMP], axis=-1).astype("uint8"), "red to the right"),
    "rgba": (np.stack([5 * RAMP, 0 * RAMP, 255 - 5 * RAMP, 0 * RAMP], axis=-1).astype("uint8"), "red to the right"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_any_kind_that_stand_in_the_events(kind, path):
    image, expected = KINDS[kind]
    start = event_model.compose_run(metadata={"scan_id": 3})
    key = {"source": "here", "dtype": "array", "shape": list(image.shape)}
    descriptor = start.compose_descriptor(name="primary", data_keys={"image": key})
    event = descriptor.compose_event(data={"image": image}, timestamps={"image": 0.0}, validate=False)
    live = LiveImage("image", path=path, cmap="gray", patience=60, on_error="raise")
    documents = {"start": start.start_doc, "descriptor": descriptor.descriptor_doc, "event": event}
    for name, document in [*documents.items(), ("stop", start.compose_stop())]:
        live(name, document)
    row = _row(page(path), 6, 8)
    if expected == "all white":
        assert (row == 255).all()
    elif expected == "red to the right":
        assert (np.diff(row[..., 0]) > 0).all()
        assert (np.diff(row[..., 2]) < 0).all()
        assert (row[..., 1] == 0).all()
    else:
        assert (row.min(axis=1) == row.max(axis=1)).all()
        assert _fits(row[..., 0], expected)


def _row(picture, rows, columns):
    """Colours of the image's pixels, (rows x columns, 3), of which each is drawn as 60 x 60."""
    top, left = 67, 16
    return picture[top + 30 : top + 60 * rows : 60, left + 30 : left + 60 * columns : 60].reshape(-1, 3)


def _fits(greys, expected):
    if expected == "a half is white":
        return (greys == np.repeat([0, 255], 24)).all()
    if expected == "without two":
        assert (greys[[8, 16]] == 255).all()
        greys = np.delete(greys, [8, 16])
    if expected in {"all bright", "all dark"}:
        return (greys == (255 if expected == "all bright" else 0)).all()
    return greys[0] == 0 and greys[-1] == 255 and (np.diff(greys) > 0).all()


def test_large_image_with_a_spot_is_drawn_smaller_and_the_spot_is_not_lost(path, engine, make_camera):
    image = np.zeros((200, 3000), "uint16")
    image[60:66, 2400:2406] = 1000
    engine(bp.count([make_camera(lambda: image, stats=())], 1), LiveImage(path=path, patience=60))
    found = only(path)
    assert found.shape == (100, 1500, 3)
    assert brightest(found) == pytest.approx((63 / 200, 2403 / 3000), abs=0.005)
    assert words(path)["Comment"] == "event 1 · 3000 x 200 pixels"


def test_line_of_pixels_can_be_seen(path, engine, make_camera):
    line = np.zeros((1, 4000), "uint16")
    line[0, 1000] = 500
    engine(bp.count([make_camera(lambda: line, stats=())], 1), LiveImage(path=path, patience=60))
    found = only(path)
    assert found.shape[0] >= 60
    assert brightest(found) == pytest.approx((0.5, 0.25), abs=0.01)


def test_what_cannot_be_meant_is_refused(monkeypatch):
    with pytest.raises(ValueError, match=r"must end in '\.png', not 'newest.jpg'"):
        LiveImage(path="newest.jpg")
    with pytest.raises(ValueError, match="on_error must be 'report' or 'raise'"):
        LiveImage(path="newest.png", on_error="ignore")
    with pytest.raises(ValueError, match="interval must be a number of seconds from 0 on, not -1"):
        LiveImage(path="newest.png", interval=-1)
    with pytest.raises(ValueError, match="patience must be a number of seconds from 0 to 3600, not -1"):
        LiveImage(path="newest.png", patience=-1)
    with pytest.raises(TypeError, match="norm must be a norm of matplotlib's"):
        LiveImage(path="newest.png", norm=5)
    with pytest.raises(ValueError, match=r"has a field 'event\[seq_num\]'; there are: start, field"):
        LiveImage(path="{event[seq_num]}.png")
    with pytest.raises(ValueError, match="template"):
        LiveImage(path="{start.scan_id}.png")
    with pytest.raises(ValueError, match="has no colour map 'sunset'"):
        LiveImage(path="newest.png", cmap="sunset")


def test_missing_matplotlib_is_named_with_the_command_that_mends_it(monkeypatch):
    monkeypatch.setattr("framestore.callbacks.needs.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"a window needs matplotlib: pip install 'framestore\[demo\]'"):
        LiveImage("camera_image")
    with pytest.raises(ModuleNotFoundError, match=r"'viridis' needs matplotlib: pip install 'framestore\[demo\]'"):
        LiveImage(path="newest.png", cmap="viridis")
    LiveImage(path="newest.png")
