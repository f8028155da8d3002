"""The tutorials beside their examples, which docs/conftest.py has executed: their commands, their pictures."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tutorials
from PIL import Image
from tutorials import FOLDER, MADE_WITH, PICTURES, Tutorial, alike

PAGES = [Tutorial(path=path) for path in sorted(FOLDER.glob("*.md"))]
COMMANDS = [pytest.param(page, *command, id=page.path.stem) for page in PAGES for command in page.commands]


def test_every_picture_is_shown_once():
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(name for page in PAGES for name in page.pictures)


@pytest.mark.parametrize(("page", "command", "shown"), COMMANDS)
def test_a_command_prints_what_the_page_shows(page, command, shown, tmp_path, monkeypatch):
    page.save_files(tmp_path)
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert without_times(done.stdout) == without_times(shown), done.stderr


def without_times(text):
    return re.sub(r"in [\d.]+s$", "in … s", text, flags=re.MULTILINE)


def test_the_wrapped_camera_takes_twenty_lines():
    code = Tutorial(path=FOLDER / "your-own-camera.md").files["acme_source.py"]
    lines = [line for line in code.splitlines() if line and not line.startswith(("import ", "from "))]
    assert len(lines) <= 20


@pytest.mark.parametrize("name", ["beam.png", "three.jpg"])
@pytest.mark.parametrize("made_with", [MADE_WITH, {"pillow": "the one before"}], ids=["same", "other"])
def test_another_picture_is_noticed(made_with, name, tmp_path, monkeypatch):
    monkeypatch.setattr(tutorials, "MADE_WITH", made_with)
    pixels = np.array(Image.open(PICTURES / name))
    pixels[:40, -40:] ^= 32
    Image.fromarray(pixels).save(tmp_path / name)
    assert alike(PICTURES / name, PICTURES / name)
    assert not alike(PICTURES / name, tmp_path / name)
