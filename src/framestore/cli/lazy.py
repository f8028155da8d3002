"""A subcommand that is imported when it is called: what is broken in one does not break the others, nor their help."""

from importlib import import_module
from typing import Any

import click


class LazyCommand(click.Command):
    """Stands for a command until it is called.

    Parameters
    ----------
    name
        What it is called.
    module
        Where it stands, under its name.
    short_help
        What the list of commands says of it.
    """

    def __init__(self, name: str, module: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self._module = module

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """A context of the command itself; from there on, this stands for it no more."""
        return self._command().make_context(info_name, args, parent, **extra)

    def _command(self) -> click.Command:
        try:
            return getattr(import_module(self._module), str(self.name))
        except ImportError as error:
            msg = f"framestore {self.name} cannot be loaded ({error}); framestore doctor says what is wrong"
            raise click.ClickException(msg) from error
