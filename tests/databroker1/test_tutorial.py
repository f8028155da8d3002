"""The tutorial on a camera that saves its own files: its examples, and the pictures that it shows.

It needs databroker 1.x, so it runs in the environment that has that.
"""

import doctest
import re
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import PIL
import pytest
from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "array-detector.md"
SHOWN = sorted(re.findall(r"\]\(pictures/([^)]+)\)", PAGE.read_text(encoding="utf-8")))
MADE_WITH = "13.0.0"
"""Version of Pillow that made the pictures which the page shows."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What the page's code made: it goes into a folder that its last step does not remove."""
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch:
        kept = SimpleNamespace(name=str(folder), cleanup=lambda: None)
        patch.setattr(tempfile, "TemporaryDirectory", lambda: kept)
        failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 30
    assert not failed, "see above"
    return folder


def test_it_shows_every_picture_that_there_is():
    assert sorted(path.name for path in (PAGE.parent / "pictures").iterdir()) == SHOWN


@pytest.mark.parametrize("name", SHOWN)
def test_it_shows_what_its_code_makes(made, name):
    shown, new = (np.asarray(Image.open(path), int) for path in (PAGE.parent / "pictures" / name, made / name))
    allowed = 0 if PIL.__version__ == MADE_WITH else 8  # of 255: encoders differ, and one picture is encoded twice
    assert shown.shape == new.shape
    difference = np.abs(shown - new).max()
    assert difference <= allowed, f"look at {made / name}; when it is right, copy it to docs/tutorials/pictures"
