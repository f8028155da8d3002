"""The ophyd-async front: a camera as an ophyd-async ``StandardDetector``."""

from importlib.util import find_spec

if not (find_spec("ophyd_async") and find_spec("bluesky")):
    message = "framestore.ophyd_async needs ophyd-async and bluesky: pip install 'framestore[ophyd-async]'"
    raise ModuleNotFoundError(message, name="ophyd_async")

from .camera import Camera

__all__ = ["Camera"]
