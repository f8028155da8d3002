"""Which pages of the documentation are executed here, and what happens around a page."""
# ruff: noqa: INP001 - pytest's own convention

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest
from tutorials import FOLDER, Tutorial


def _has_databroker_1() -> bool:
    try:
        return version("databroker").startswith("1.")
    except PackageNotFoundError:
        return False


# The test run executes these pages in another environment, the one that has databroker 1.x.
collect_ignore = [] if _has_databroker_1() else ["how-to/use-databroker.md", "tutorials/array-detector.md"]


@pytest.fixture(autouse=True)
def _registries(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a page makes known to Tiled is not known to tests that follow."""
    if request.path.name != "serve-with-tiled.md":
        yield
        return
    from serving import registries_kept  # noqa: PLC0415 - it imports Tiled

    with registries_kept():
        yield


@pytest.fixture(autouse=True)
def _printed() -> Iterator[None]:
    """Arrays are printed as numpy does by default, whatever was imported before: nexusformat changes it."""
    with np.printoptions(threshold=1000, edgeitems=3, linewidth=75, precision=8, suppress=False):
        yield


@pytest.fixture(autouse=True)
def _reader(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader of a tutorial has a folder, saves files in it, and finds pictures there: those that the page shows."""
    if request.path.parent != FOLDER:
        yield
        return
    tutorial = Tutorial(path=request.path)
    tutorial.save_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in tutorial.files:
        sys.modules.pop(Path(name).stem, None)
    tutorial.check_pictures(tmp_path)
