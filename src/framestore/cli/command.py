"""The command that all others are parts of."""

import click

from .doctor import doctor
from .lazy import LazyCommand

_OTHERS = (
    LazyCommand("demo", "framestore.cli.demo", "A simulated beamline, to try it all out."),
    LazyCommand("export", "framestore.cli.export", "Write the frames of a run as TIFF, HDF5 or NeXus files."),
    LazyCommand("info", "framestore_handlers.cli.info", "Tell what there is of a run."),
    LazyCommand("verify", "framestore_handlers.cli.verify", "Check that each frame of a run is there."),
)
"""Those that need more than the doctor, who has to come when anything of it is broken."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="framestore", message="%(package)s %(version)s")
def main() -> None:
    """Any camera becomes a Bluesky area detector that writes its frames into files."""


for command in (doctor, *_OTHERS):
    main.add_command(command)
