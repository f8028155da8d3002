"""LogThumbnail, and bluesky's own logbook callback beside the camera: any function is a logbook."""

import threading

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.olog import logbook_cb_factory
from drawn import only
from ophyd.sim import motor

from framestore.callbacks import LogThumbnail


@pytest.fixture(params=["stream", pytest.param("datum", marks=pytest.mark.slow)])
def family(request):
    return request.param


class Logbook:
    """Keeps what is written into it."""

    def __init__(self):
        self.entries = []

    def __call__(self, text=None, logbooks=None, tags=None, attachments=(), *, verify=True, ensure=False):
        self.entries.append((text, [(file.name, file.read()) for file in attachments], ensure))


@pytest.fixture
def logbook():
    return Logbook()


@pytest.fixture
def numbered_camera(make_camera, family):
    numbers = iter(range(100))
    return make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), documents=family)


def test_entry_of_bluesky_at_the_beginning_and_ours_at_the_end(engine, numbered_camera, logbook, tmp_path):
    engine.subscribe(logbook_cb_factory(logbook), "start")
    engine.subscribe(LogThumbnail(logbook, patience=60))
    uid = engine(bp.count([numbered_camera], 3), sample="dust").run_start_uids[0]
    (begins, (long,), _), (text, (picture,), ensure) = logbook.entries
    assert begins == f"count ['{uid[:6]}'] (scan num: 1)"
    assert long[0] == "long_description.txt"
    assert "sample : dust" in long[1]
    assert text == f"count ['{uid[:6]}'] (scan num: 1): success, primary: 3 events"
    assert ensure is True
    assert picture[0] == "scan_1_camera_image.png"
    path = tmp_path / picture[0]
    path.write_bytes(picture[1])
    assert only(path).shape == (360, 480, 3)


def test_templates_of_bluesky_for_plans_beside_the_camera(engine, numbered_camera, logbook):
    templates = dict.fromkeys(("count", "scan"), "{{ start.plan_name }}: {{ start.detectors }}")
    engine.subscribe(logbook_cb_factory(logbook, desc_dispatch=templates), "start")
    engine(bp.count([numbered_camera], 1))
    engine(bp.scan([numbered_camera], motor, 0, 1, 2))
    assert [text for text, *_ in logbook.entries] == ["count: ['camera']", "scan: ['camera']"]


def test_text_of_the_users_own(engine, numbered_camera, logbook):
    def text(start, stop):
        return f"{start['sample']}: {stop['exit_status']}"

    engine(
        bp.count([numbered_camera], 1, md={"sample": "dust"}),
        LogThumbnail(logbook, "camera_image", text=text, patience=60),
    )
    assert logbook.entries[0][0] == "dust: success"


def test_run_without_images_has_an_entry_without_a_picture(engine, logbook):
    engine(bp.scan([], motor, 0, 1, 2), LogThumbnail(logbook, patience=60))
    ((text, attachments, _),) = logbook.entries
    assert text.endswith("success, primary: 2 events")
    assert attachments == []


def test_frame_that_is_gone_leaves_the_entry(engine, make_camera, documents, folder, logbook):
    engine(bp.count([make_camera(lambda: np.zeros((6, 8), "uint8"))], 1))
    for file in folder.iterdir():
        file.unlink()
    log = LogThumbnail(logbook, patience=60)
    for name, document in documents:
        log(name, document)
    assert [attachments for _, attachments, _ in logbook.entries] == [[]]
    assert isinstance(log.errors[0], FileNotFoundError)


@pytest.mark.parametrize("on_error", ["report", "raise"])
def test_logbook_that_fails(engine, numbered_camera, on_error, capsys):
    def fails(**_):
        msg = "the logbook is closed"
        raise ConnectionError(msg)

    log = LogThumbnail(fails, on_error=on_error, patience=60)
    if on_error == "raise":
        with pytest.raises(ConnectionError, match="the logbook is closed"):
            engine(bp.count([numbered_camera], 1), log)
        return
    assert engine(bp.count([numbered_camera], 1), log).exit_status == "success"
    assert "the logbook is closed" in capsys.readouterr().err


def test_logbook_that_hangs_does_not_hold_up_the_run_for_ever(engine, numbered_camera, logbook):
    goes_on = threading.Event()

    def hangs(**entry):
        assert goes_on.wait(60)
        logbook(**entry)

    log = LogThumbnail(hangs, patience=0.05)
    assert engine(bp.count([numbered_camera], 1), log).exit_status == "success"
    assert isinstance(log.errors[0], TimeoutError)
    goes_on.set()
    assert log.wait(60)
    assert len(logbook.entries) == 1
