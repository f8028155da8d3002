"""The command line ``framestore``: one folder a subcommand. What they do is up to the layers below."""

from .command import main

__all__ = ["main"]
