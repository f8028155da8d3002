"""The tutorials: the files that they have the reader save, the commands that they run, the pictures that they show."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parents[1] / "docs" / "tutorials"
PICTURES = FOLDER / "pictures"
MADE_WITH = {"matplotlib": "3.11.2", "pillow": "13.0.0"}
"""Versions that made the pictures which stand there."""
_BLOCK = 32
"""Pixels a side, of which the mean is compared where other versions draw lines and letters a little differently."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tutorial:
    """A page."""

    path: Path
    """Where it stands."""

    @property
    def files(self) -> dict[str, str]:
        """Content of the files that the reader saves, by name: blocks that begin with it, in a comment."""
        return dict(self._found(r"^```python\n# (\w+\.py)\n(.*?)^```$"))

    @property
    def commands(self) -> list[tuple[str, str]]:
        """What the reader types into a terminal, each with what it prints."""
        return self._found(r"^```console\n\$ ([^\n]+)\n(.*?)^```$")

    @property
    def pictures(self) -> list[str]:
        """File names of the pictures that it shows."""
        return re.findall(r"\]\(pictures/([^)]+)\)", self.path.read_text(encoding="utf-8"))

    def save_files(self, folder: Path) -> None:
        """Do what the reader does: save the files."""
        for name, code in self.files.items():
            (folder / name).write_text(code, encoding="utf-8")

    def check_pictures(self, folder: Path) -> None:
        """The page's code has made, in that folder, the pictures that the page shows."""
        for name in self.pictures:
            assert (folder / name).exists(), f"the code of {self.path.name} has not saved {name}"
            assert alike(PICTURES / name, folder / name), (
                f"look at {folder / name}; when it is right, copy it to docs/tutorials/pictures"
            )

    def _found(self, pattern: str) -> list[tuple[str, str]]:
        return re.findall(pattern, self.path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def alike(shown: Path, made: Path) -> bool:
    """Whether two pictures are the same, but for what other versions of the libraries draw otherwise."""
    first, second = (np.asarray(Image.open(path).convert("RGB"), float) for path in (shown, made))
    if first.shape != second.shape:
        return False
    if all(_installed(library) in {None, made_with} for library, made_with in MADE_WITH.items()):
        return np.abs(first - second).max() <= 2  # numpy's functions differ in their last digits between processors
    return np.abs(_blocks(first) - _blocks(second)).max() <= 12


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _blocks(pixels: np.ndarray) -> np.ndarray:
    """Means of square blocks; those at the right and lower edges are smaller."""
    for axis in (0, 1):
        edges = np.arange(0, pixels.shape[axis], _BLOCK)
        sizes = np.diff([*edges, pixels.shape[axis]])
        sums = np.add.reduceat(pixels, edges, axis=axis)
        pixels = sums / np.expand_dims(sizes, tuple(other for other in range(3) if other != axis))
    return pixels
