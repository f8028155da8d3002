"""Which pages of the documentation are executed here."""
# ruff: noqa: INP001 - pytest's own convention

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import pytest


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
