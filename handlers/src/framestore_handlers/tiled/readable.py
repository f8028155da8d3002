"""Where the Tiled server of this process may read files."""

from pathlib import Path

from tiled import storage

from framestore_handlers.place import resolved


def readable_roots() -> tuple[Path, ...]:
    """Folders, resolved, that nothing may lead out of: the readable and the writable storage of the server's catalogs.

    Tiled compares the text of an asset's path with them; where links in the path, or in the file, lead, it does not
    look. An adapter is given a node of the database, without its catalog. All storage is registered for adapters, by
    URI: https://github.com/bluesky/tiled/blob/v0.2.20/tiled/storage.py; there is no public list of it.
    """
    registered = tuple(storage._STORAGE.values())  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - see above
    return resolved([place.path for place in registered if isinstance(place, storage.FileStorage)]) or ()
