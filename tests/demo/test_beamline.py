"""The beamline and ophyd's motor, made in this process."""

import asyncio
import subprocess
import sys
import threading

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import pytest
from bluesky.run_engine import call_in_bluesky_event_loop
from bluesky.utils import FailedStatus
from ophyd.utils import LimitError, UnknownStatusFailure

from framestore.demo.beamline import make_beamline
from framestore.demo.ophyd_devices import Motor


@pytest.fixture
def motor():
    return Motor(name="motor", limits=(-5, 8))


def test_motor_takes_its_time_and_tells_how_far_it_is(motor):
    motor.velocity.put(4)
    status = motor.set(1)
    told = []
    status.watch(lambda **progress: told.append(progress))
    assert motor.moving
    status.wait(10)
    assert motor.position == 1
    assert not motor.moving
    positions = [progress["current"] for progress in told if "current" in progress]
    assert positions == sorted(positions)
    assert any(0 < position < 1 for position in positions)
    assert (told[0]["initial"], told[0]["target"], told[0]["unit"]) == (0, 1, "mm")


@pytest.mark.parametrize("position", [-5.1, 8.1, float("nan")])
def test_motor_does_not_go_beyond_its_limits(motor, position):
    with pytest.raises(LimitError, match=rf"motor cannot go to {position:g} mm: its limits are -5 to 8 mm"):
        motor.set(position)
    assert motor.position == 0
    assert not motor.moving


@pytest.mark.parametrize("success", [True, False])
def test_motor_stops_where_it_is(motor, success):
    status = motor.set(8)
    goes = threading.Event()
    status.watch(lambda **_: goes.set())
    assert goes.wait(10)
    with pytest.raises(RuntimeError, match="motor is still moving: wait for it, or stop it, before it is sent to 2 mm"):
        motor.set(2)
    motor.stop(success=success)
    assert isinstance(status.exception(10), type(None) if success else UnknownStatusFailure)
    assert 0 < motor.position < 8
    motor.velocity.put(0)
    motor.set(2).wait(10)
    assert motor.position == 2


def test_folder_that_has_runs_gets_more_of_them(tmp_path):
    for _ in range(2):
        beamline = make_beamline("ophyd", tmp_path)
        beamline.best_effort.disable_table()
        beamline.RE(bp.count([beamline.devices.camera], 2))
    assert [beamline.recording.load(k).start["scan_id"] for k in (1, 2)] == [1, 2]
    assert beamline.recording.load().start["uid"] == beamline.recording.load(2).start["uid"]


@pytest.mark.parametrize("framework", ["ophyd", "ophyd-async"])
def test_camera_sees_a_move_that_no_scan_made(framework, tmp_path):
    beamline = make_beamline(framework, tmp_path)
    stage, camera = beamline.devices.stage, beamline.devices.camera
    beamline.RE(bps.mv(stage.x.velocity, 0, stage.y.velocity, 0))
    beamline.RE(bps.mv(stage.x, 1.4, stage.y, 2.4))
    beamline.RE(bp.count([camera]))
    beamline.RE(bps.mv(stage.x, 2.4, stage.y, 3.4))
    beamline.RE(bp.count([camera]))
    centre, moved = (beamline.recording.load(k)["primary"] for k in (1, 2))
    (key,) = (key for key in centre if centre.is_external(key))
    assert centre.read(key)[0, 0, 115:125, 155:165].min() > 800
    frame = moved.read(key)[0, 0]
    assert frame[55:65, 215:225].min() > 100 > frame[115:125, 155:165].max(), "60 pixels to the right, and up"


def test_limits_of_ophyd_async_are_signals(tmp_path):
    beamline = make_beamline("ophyd-async", tmp_path)
    x = beamline.devices.stage.x
    beamline.RE(bps.mv(x.velocity, 0, x.high_limit_travel, 1))
    with pytest.raises(FailedStatus) as raised:
        beamline.RE(bps.mv(x, 1.5))
    assert str(raised.value.__cause__) == "stage-x cannot go to 1.5 mm: its limits are -10 to 1 mm"
    assert beamline.RE(bps.rd(x)).plan_result == 0
    beamline.RE(bps.mv(x, 1))
    assert beamline.RE(bps.rd(x)).plan_result == 1


def test_motor_of_ophyd_async_stops_where_it_is(tmp_path):
    async def stopped(motor):
        status = motor.set(8)
        goes = asyncio.Event()
        status.watch(lambda current, **_: current > 0 and goes.set())
        await asyncio.wait_for(goes.wait(), 10)
        await motor.stop()
        with pytest.raises(RuntimeError, match="stage-x was stopped"):
            await status
        return await motor.user_readback.get_value()

    beamline = make_beamline("ophyd-async", tmp_path)
    assert 0 < call_in_bluesky_event_loop(stopped(beamline.devices.stage.x)) < 8


def test_picture_that_fails_is_reported_and_fails_no_run(tmp_path, caplog):
    beamline = make_beamline("ophyd", tmp_path)
    stage = beamline.devices.stage
    beamline.RE(bps.mv(stage.x.velocity, 0, stage.y.velocity, 0))
    (tmp_path / "scan_1.png").mkdir()
    result = beamline.RE(bp.grid_scan([beamline.devices.camera], stage.x, 1, 2, 2, stage.y, 2, 3, 2))
    assert result.exit_status == "success"
    assert "scan_1.png" in caplog.text
    assert len(beamline.recording.load()["primary"]) == 4


def test_missing_library_names_the_command_that_mends_it(tmp_path, monkeypatch):
    code = "import sys; sys.modules['matplotlib'] = None; import framestore.demo"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert "framestore.demo needs matplotlib: pip install 'framestore[demo]'" in done.stderr
    monkeypatch.setitem(sys.modules, "ophyd_async", None)
    with pytest.raises(ModuleNotFoundError, match=r"needs ophyd_async: pip install 'framestore\[demo\]'"):
        make_beamline("ophyd-async", tmp_path)
