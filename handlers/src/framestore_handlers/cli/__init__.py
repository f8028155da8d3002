"""The command line ``framestore-handlers``: one module a subcommand. What they do is up to the layers below.

``framestore`` has the same argument RUN, by `given`, and `info` and `verify` as they are.
"""

from .command import main
from .given import Given, given

__all__ = ["Given", "given", "main"]
