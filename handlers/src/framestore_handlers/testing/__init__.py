"""The conformance suite of handlers: tests that handlers inherit, yours as well as ours.

What tests framestore_handlers itself stands in ``tests``. Nothing else in framestore_handlers imports this package.
"""

from importlib.util import find_spec

if not find_spec("pytest"):
    message = "framestore_handlers.testing needs pytest: pip install 'framestore-handlers[testing]'"
    raise ModuleNotFoundError(message, name="pytest")

from .handler import HandlerTests

__all__ = ["HandlerTests"]
