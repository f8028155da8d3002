"""What the fuzz shares."""

import pytest
from damage import beside


@pytest.fixture(scope="session")
def reader():
    """A process that reads."""
    with beside() as process:
        yield process
