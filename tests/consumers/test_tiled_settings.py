"""Settings that change in the middle of a stream, as a Tiled server shows them."""

import bluesky.plan_stubs as bps
import bluesky.preprocessors as bpp
import numpy as np
import pytest
from adjustable import Adjustable
from bluesky_tiled_plugins import TiledWriter


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_frames_before_and_after_configure_are_one_array(tiled, run_engine, make_camera, documents, family):
    camera = make_camera(Adjustable(), documents=family)
    run_engine.subscribe(TiledWriter(tiled))
    run_engine.subscribe(documents)

    @bpp.stage_decorator([camera])
    @bpp.run_decorator()
    def plan():
        for gain in (2, 3, 4):
            yield from bps.configure(camera, {"gain": gain, "exposure_time": gain / 10})
            yield from bps.trigger_and_read([camera])
            yield from bps.trigger_and_read([camera])

    run_engine(plan())
    stream = tiled[documents.of("start")[0]["uid"]]["primary"]
    np.testing.assert_array_equal(stream["camera_image"].read()[:, 0, 0, 0], [2, 2, 3, 3, 4, 4])
    np.testing.assert_array_equal(stream.read()["camera_mean"], [2, 2, 3, 3, 4, 4])
