"""The subcommand that prints the configuration of a Tiled server."""

from pathlib import Path

import click

from framestore_handlers.tiled.configuration import configuration

_FOLDER = click.Path(file_okay=False, resolve_path=True, path_type=Path)


@click.command()
@click.option(
    "--readable-storage",
    "readable",
    metavar="DIR",
    multiple=True,
    required=True,
    type=_FOLDER,
    help="A folder where cameras save files, and all below it; may be given several times.",
)
@click.option(
    "--directory",
    metavar="DIR",
    default=".",
    type=_FOLDER,
    help="Where the server keeps its own files; must be there when it starts. Default: the working directory.",
)
@click.option("--database", metavar="URI", help="The catalog, such as postgresql://…; default: a file in --directory.")
def tiled_config(readable: tuple[Path, ...], directory: Path, database: str | None) -> None:
    """Print the configuration of a Tiled server that reads the files of framestore's cameras.

    Use it by: framestore-handlers tiled-config --readable-storage /data > tiled.yml; tiled serve config tiled.yml

    The exit status is 0, or 2 when the command was called in a wrong way.
    """
    click.echo(configuration(readable, directory=directory, database=database), nl=False)
