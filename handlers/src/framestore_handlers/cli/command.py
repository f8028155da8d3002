"""The command that all others are parts of."""

import click

from .info import info
from .recover import recover
from .tiled_config import tiled_config
from .verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framestore-handlers", message="%(package)s %(version)s")
def main() -> None:
    """Look into runs, and after the files of their frames, on any machine that sees them."""


for command in (info, verify, recover, tiled_config):
    main.add_command(command)
