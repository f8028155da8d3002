"""Hard links: how a file of a series gets its name."""

import os
from pathlib import Path

from framestore.cli.doctor.finding import Finding


def hard_links(folder: Path) -> list[Finding]:
    """Give a file a second name."""
    path, second = folder / "link", folder / "link-2"
    path.touch()
    try:
        os.link(path, second)
    except OSError as error:
        what = f"no hard links here ({error.strerror}): files of a series (jpeg) get their names in two steps"
        return [Finding("note", what, "let no other program write files of the same names into the folder")]
    return [Finding("ok", "hard links: files of a series (jpeg) get their names in one step")]
