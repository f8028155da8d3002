"""The command that all others are parts of."""

import click

from .recover import recover
from .tiled_config import tiled_config


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framestore-handlers", message="%(package)s %(version)s")
def main() -> None:
    """Look after files of frames, on any machine that sees them."""


main.add_command(recover)
main.add_command(tiled_config)
