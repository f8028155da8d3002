"""The configuration of a Tiled server that reads all formats of framestore."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from .served import SERVED

_HEAD = """\
# Configuration of a Tiled server that reads the files of framestore's cameras. Save it as tiled.yml, and start it by
#
#     tiled serve config tiled.yml --api-key <letters and digits of your own>
#
# where 'framestore-handlers[tiled]' is installed. Change what you like; what each line can be:
# https://blueskyproject.io/tiled/reference/service-configuration.html
"""


def configuration(readable: Sequence[Path], *, directory: Path, database: str | None = None) -> str:
    """The configuration, in YAML, with comments that say what to change.

    Parameters
    ----------
    readable
        Folders that the server may read files in.
    directory
        Folder of what the server writes itself.
    database
        URI of the catalog; None: a file in ``directory``.
    """
    catalog = database or f"sqlite:///{directory / 'catalog.db'}"
    return "\n".join(
        [
            f"{_HEAD}trees:",
            "  - path: /",
            "    tree: catalog",
            "    args:",
            "      # Where runs are listed; with many users: postgresql://user:password@host/name",
            f"      uri: {json.dumps(catalog)}",
            "      init_if_not_exists: true",
            "      # For what TiledWriter sends, such as numbers: a folder for arrays, a database for tables.",
            "      writable_storage:",
            *_items([str(directory / "arrays"), f"duckdb:///{directory / 'tables.duckdb'}"]),
            "      # Where cameras save their files. Frames elsewhere are not served, whatever a run, or a link, says.",
            "      readable_storage:",
            *_items([str(path) for path in readable]),
            "      # How frames are read. Tiled itself reads files of others, once nothing in them leads elsewhere.",
            "      adapters_by_mimetype:",
            *(f"        {json.dumps(served.layout.mimetype)}: {served.entry_point}" for served in SERVED),
            "# With true, clients download whole files; Tiled 0.2.20 does not look where paths that they give lead.",
            "expose_raw_assets: false",
            "# With bluesky-tiled-plugins installed here, runs can be had as documents, too:",
            "# media_types:",
            "#   BlueskyRun:",
            '#     application/json-seq: "bluesky_tiled_plugins.exporters:json_seq_exporter"',
            "",
        ]
    )


def _items(values: Iterable[str]) -> list[str]:
    return [f"        - {json.dumps(value)}" for value in values]
