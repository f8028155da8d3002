"""The command that all others are parts of."""

import click

from .doctor import doctor


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framestore", message="%(package)s %(version)s")
def main() -> None:
    """Any camera becomes a Bluesky area detector that writes its frames into files."""


main.add_command(doctor)
