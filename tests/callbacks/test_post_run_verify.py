"""A run is verified when it has ended: the camera still has its files open then."""

import bluesky.plans as bp
import framestore_handlers
import pytest
from fronts_of import FRONTS, OPHYD, fronts
from numbered import NumberedSource

from framestore.callbacks import post_run
from framestore.formats import HDF5


@fronts(*FRONTS)
def test_a_run_that_is_whole(run_engine, make_camera, front, capsys):
    verified = post_run(framestore_handlers.verify)
    run_engine(bp.count([make_camera(NumberedSource(), frames_per_point=2)], 3), verified)
    assert verified.result.ok
    assert verified.result.frames == 6
    assert not capsys.readouterr().err


@pytest.mark.parametrize("on_error", ["report", "raise"])
@fronts(OPHYD)
def test_one_whose_file_was_deleted(run_engine, make_camera, folder, front, capsys, on_error):
    camera = make_camera(NumberedSource(), format=HDF5(rotate_frames=2))
    verified = post_run(framestore_handlers.verify, on_error=on_error)

    def delete(name, doc):
        if doc["seq_num"] == 4:
            min(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns).unlink()

    subscribed = {"event": [delete], "all": [verified]}
    if on_error == "raise":
        with pytest.raises(Exception, match="missing|gone|not there|deleted"):
            run_engine(bp.count([camera], 5), subscribed)
        return
    run_engine(bp.count([camera], 5), subscribed)
    assert not verified.errors[0].report.ok
    assert "post_run(verify) failed once in run " in (told := capsys.readouterr().err)
    assert ".h5" in told
