"""The command line ``framestore-handlers``: one module a subcommand. What they do is up to the layers below."""

from .command import main

__all__ = ["main"]
