"""How much memory something takes."""

import tracemalloc
from contextlib import contextmanager


@contextmanager
def little_memory(most=2**26):
    """At most so many bytes more than before, by what Python and numpy take."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
