"""What plans are given is looked at before anything happens, and errors say what to pass."""

import bluesky.plan_stubs as bps
import pytest
from adjustable import Adjustable
from numbered import NumberedSource
from ophyd.sim import SynAxis

from framestore.plans import dark_flat, fly, fly_points, settings_wrapper, snapshot, take_darks, take_flats, time_series


def nothing():
    yield from ()


SHUTTER = {"close_shutter": bps.null, "open_shutter": bps.null}
SAMPLE = {"move_out": bps.null, "move_in": bps.null}
PLANS = {
    "fly": lambda cameras: fly(cameras, 5),
    "fly_points": lambda cameras: fly_points(cameras, 5),
    "time_series": lambda cameras: time_series(cameras, 5, exposure_time=0.1),
    "take_darks": lambda cameras: take_darks(cameras, 5, **SHUTTER),
    "take_flats": lambda cameras: take_flats(cameras, 5, **SAMPLE),
    "dark_flat": lambda cameras: dark_flat(cameras, darks=1, flats=1, **SHUTTER, **SAMPLE),
    "settings_wrapper": lambda cameras: settings_wrapper(nothing(), cameras, exposure_time=0.1),
}


@pytest.fixture
def camera(make_camera):
    return make_camera(NumberedSource())


def check_refused(plan, error, match):
    """Before its first message."""
    with pytest.raises(error, match=match):
        next(plan)


@pytest.mark.parametrize("name", PLANS)
def test_a_list_of_cameras(camera, name):
    """Also of one; none, one without a list, and something else are refused, before the first message."""
    plan, message = PLANS[name], rf"^{name} takes a list, also of one camera: {name}\(\[camera\], …\), not "
    check_refused(plan([]), ValueError, f"^{name} needs at least one camera")
    check_refused(plan(camera), TypeError, message + "camera$")
    check_refused(plan("camera"), TypeError, message + "'camera'$")
    check_refused(plan(None), TypeError, message + "None$")
    check_refused(plan([camera, 3]), TypeError, f"^{name} takes cameras, .*; 3 is not$")


@pytest.mark.parametrize("name", ["fly", "fly_points", "time_series"])
def test_what_does_not_fly(camera, name):
    plan = PLANS[name]([camera, SynAxis(name="motor")])
    check_refused(plan, TypeError, f"^{name} takes cameras, devices that are Preparable .*; motor is not$")


def test_a_snapshot(camera):
    """Its cameras stand one by one."""
    for arguments, also, error, message in [
        ([], [], ValueError, r"snapshot needs a camera: snapshot\(camera\)"),
        ([3], [], TypeError, "snapshot takes cameras, devices that are Readable to bluesky; 3 is not"),
        ([[camera]], [], TypeError, r"one by one, not as a list: snapshot\(side, top\), or snapshot\(\*cameras\)"),
        ([camera], SynAxis(name="motor"), TypeError, r"also must be a list, also of one device: also=\[motor\]"),
        ([camera], [3], TypeError, "3 is not"),
    ]:
        check_refused(snapshot(*arguments, also=also), error, message)


def test_the_number_is_looked_at_first(make_camera):
    """Before a setting is changed."""
    plan = time_series([make_camera(Adjustable())], 0, exposure_time=0.1)
    check_refused(plan, ValueError, "number_of_events must be")
