"""What the demo needs beyond framestore itself."""

from importlib.util import find_spec


def need(*libraries: str) -> None:
    """Make sure that libraries are installed.

    Raises
    ------
    ModuleNotFoundError
        When one is not; it names the command that mends it.
    """
    missing = [library for library in libraries if not find_spec(library)]
    if missing:
        msg = f"framestore.demo needs {' and '.join(missing)}: pip install 'framestore[demo]'"
        raise ModuleNotFoundError(msg, name=missing[0])
