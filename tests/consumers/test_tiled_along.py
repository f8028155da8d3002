"""A Tiled server in a process of its own reads an HDF5 file by its own adapter while a camera writes it."""

import bluesky.plans as bp
import numpy as np
import pytest
from bluesky_tiled_plugins import TiledWriter

from framestore.formats import HDF5


@pytest.mark.parametrize("settings", [{}, {"compression": "bitshuffle-lz4"}, {"compression": "zstd", "chunk": (8, 8)}])
def test_each_point_is_served_when_its_documents_are_out(
    configured_server, run_engine, make_camera, numbered_source, documents, settings
):
    """The camera is staged all the while."""
    source = numbered_source((20, 30), "uint16")
    seen = []

    def look(name, document):
        if name == "event":
            stream = configured_server[documents.of("start")[0]["uid"]]["primary"]
            seen.append(stream["camera_image"].read())

    run_engine.subscribe(TiledWriter(configured_server, batch_size=1))
    run_engine.subscribe(documents)
    run_engine.subscribe(look)
    run_engine(bp.count([make_camera(source, format=HDF5(**settings), frames_per_point=2)], 3))
    expected = np.array([source.expected(k) for k in range(6)]).reshape(3, 2, 20, 30)
    assert len(seen) == 3
    for count, images in enumerate(seen):  # bluesky emits a point's stream_datum before its event, or after it
        assert images.shape[0] in {count, count + 1}
        np.testing.assert_array_equal(images, expected[: len(images)])
    np.testing.assert_array_equal(
        configured_server[documents.of("start")[0]["uid"]]["primary"]["camera_image"].read(), expected
    )
