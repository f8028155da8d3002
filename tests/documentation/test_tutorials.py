"""The tutorials beside their examples, which docs/conftest.py has executed: their commands, their pictures."""

import numpy as np
import pytest
import tutorials
from PIL import Image
from tutorials import FOLDER, MADE_WITH, PICTURES, Tutorial, alike

PAGES = [Tutorial(path=path) for path in sorted(FOLDER.glob("*.md"))]


def test_every_picture_is_shown_once():
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(name for page in PAGES for name in page.pictures)


@pytest.mark.parametrize("name", ["beam.png", "three.jpg"])
@pytest.mark.parametrize("made_with", [MADE_WITH, {"pillow": "the one before"}], ids=["same", "other"])
def test_another_picture_is_noticed(made_with, name, tmp_path, monkeypatch):
    monkeypatch.setattr(tutorials, "MADE_WITH", made_with)
    pixels = np.array(Image.open(PICTURES / name))
    pixels[:40, -40:] ^= 32
    Image.fromarray(pixels).save(tmp_path / name)
    assert alike(PICTURES / name, PICTURES / name)
    assert not alike(PICTURES / name, tmp_path / name)
