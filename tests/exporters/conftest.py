"""What the tests of exporters share."""

import os

import pytest
from exporters_made import Made


@pytest.fixture
def made(tmp_path):
    """A run of three events of two frames."""
    return Made(tmp_path / "data")


@pytest.fixture
def make_run(tmp_path):
    """Runs, each in a folder of its own."""
    numbers = iter(range(100))
    return lambda **settings: Made(tmp_path / f"data{next(numbers)}", **settings)


@pytest.fixture
def out(tmp_path):
    """Where exports go; it is not there yet."""
    return tmp_path / "out"


@pytest.fixture
def hidden():
    """What stands hidden in a folder, and below it."""
    return lambda folder: sorted(name for _, _, files in os.walk(folder) for name in files if name.startswith("."))
