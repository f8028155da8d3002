"""Cases that `make test` leaves out, and `make test-all` runs."""

import pytest


def slow(*cases):
    """As parameters of a test."""
    return [pytest.param(case, marks=pytest.mark.slow) for case in cases]
