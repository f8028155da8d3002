"""Libraries that some callbacks need, and framestore itself does not."""

from importlib.util import find_spec


def need(library: str, what: str) -> None:
    """Make sure that a library is installed.

    Raises
    ------
    ModuleNotFoundError
        When it is not; it says ``what`` needs it, and names the command that mends it.
    """
    if not find_spec(library):
        msg = f"{what} needs {library}: pip install 'framestore[demo]'"
        raise ModuleNotFoundError(msg, name=library)
