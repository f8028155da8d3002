"""Pictures in another process, which gets nothing but documents, over 0MQ."""

from pathlib import Path

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky.callbacks.zmq import Publisher
from drawn import values, words
from remote import listening, proxy

HERE = Path(__file__).parent


@pytest.mark.slow
def test_pictures_are_drawn_elsewhere(engine, make_camera, family, tmp_path):
    numbers = iter(range(100))
    camera = make_camera(lambda: np.full((6, 8), next(numbers), "uint8"), documents=family)
    with proxy() as addresses:
        publisher = Publisher(addresses[0])
        with listening(publisher, HERE / "picture_listener.py", addresses[1], tmp_path) as lines:
            engine.subscribe(publisher)
            engine(bp.count([camera], 4))
            lines.until("done")
        publisher.close()
    np.testing.assert_allclose(values(tmp_path / "grid.png"), [[0, 1 / 3, 2 / 3, 1]], atol=0.02)
    assert words(tmp_path / "newest.png")["Comment"] == "event 4 · 8 x 6 pixels"
