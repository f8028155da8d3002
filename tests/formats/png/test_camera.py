"""Cameras that write PNG, or save it themselves, under a real RunEngine; read back from their documents."""

import bluesky.plans as bp
import framestore_handlers
import magick
import numpy as np
import pytest
from bluesky.utils import FailedStatus
from PIL import Image

from framestore.formats import PNG
from framestore.sources import SavingSource

FRAMES = [((5, 7), "uint8"), ((5, 7), "uint16"), ((4, 6, 3), "uint8"), ((4, 6, 3), "uint16")]


class Saver:
    """A camera's software: it saves the frames of a source by ImageMagick."""

    def __init__(self, numbered):
        self.numbered = numbered

    def __call__(self, filepath):
        frame = self.numbered.expected(self.numbered.next_number())
        magick.write(filepath, frame)
        return frame.shape


@pytest.mark.parametrize("saves", [False, True], ids=["arrays", "saves its files"])
@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize(("shape", "dtype"), FRAMES, ids=str)
def test_frames_come_back_exactly(run_engine, make_camera, numbered_source, documents, shape, dtype, family, saves):
    numbered = numbered_source(shape, dtype)
    source = SavingSource(Saver(numbered), shape, dtype) if saves else numbered
    camera = make_camera(source, format=PNG(), documents=family, frames_per_point=2)
    run_engine(bp.count([camera], 3), documents)
    expected = np.array([numbered.expected(k) for k in range(6)]).reshape(3, 2, *shape)
    stream = framestore_handlers.load(documents)["primary"]
    read = stream["camera_image"].compute()
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, expected)
    np.testing.assert_allclose(stream["camera_mean"], expected.reshape(3, -1).mean(axis=1))


def test_what_documents_say(run_engine, make_camera, numbered_source, documents, folder):
    for family in ("stream", "datum"):
        camera = make_camera(numbered_source((5, 7), "uint16"), format="png", documents=family, name=family)
        run_engine(bp.count([camera], 1), documents)
    (stream,) = documents.of("stream_resource")
    name = next(folder.glob("*_000000.png")).name
    assert stream["mimetype"] == "multipart/related;type=image/png"
    assert stream["uri"] == f"file://localhost{folder}/"
    assert stream["parameters"]["chunk_shape"] == [1, 5, 7]
    names = {path.name for path in folder.iterdir()}
    assert stream["parameters"]["template"].format(0) in names
    (resource,) = documents.of("resource")
    assert resource["spec"] == "FRAMESTORE_PNG"
    kwargs = resource["resource_kwargs"]
    assert (kwargs["template"], kwargs["frame_per_point"]) == ("%s%s_%6.6d.png", 1)
    assert f"{kwargs['filename']}_000000.png" in names
    assert name in names


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_a_camera_that_saves_what_would_not_come_back_fails_its_point(run_engine, make_camera, mode):
    def acquire_image(filepath):
        Image.new(mode, (7, 5)).save(filepath)
        return 5, 7

    camera = make_camera(SavingSource(acquire_image, (5, 7)), format="png")
    with pytest.raises(FailedStatus) as raised:
        run_engine(bp.count([camera], 1))
    assert "but it cannot be read" in str(raised.value.__cause__)
    assert "have it saved without palette and alpha" in str(raised.value.__cause__)


def test_what_png_cannot_hold_is_refused_before_a_frame_is_taken(run_engine, make_camera, numbered_source, folder):
    source = numbered_source((5, 7), "float32")
    with pytest.raises(Exception, match=r"format 'png' cannot hold frames of shape \(5, 7\) and dtype float32"):
        run_engine(bp.count([make_camera(source, format="png")], 1))
    assert list(folder.glob("*")) == []
