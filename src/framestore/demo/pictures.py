"""Figures: in windows where there can be some, else only as files."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from bluesky.callbacks.best_effort import BestEffortCallback
from matplotlib.figure import Figure


def windows() -> bool:
    """Whether figures have windows: where matplotlib draws with Qt.

    Callbacks run in the RunEngine's thread. Of all that can draw windows, bluesky takes only Qt's to the main thread.
    """
    return "qt" in mpl.get_backend().lower()


def figure(name: str, **settings: Any) -> Figure:
    """A figure, in a window where there are windows; call it where they may be made."""
    if not windows():
        return Figure(layout="constrained", label=name, **settings)
    from matplotlib import pyplot as plt  # noqa: PLC0415 - it is for windows

    made = plt.figure(name, layout="constrained", clear=True, **settings)
    made.show()
    return made


class SavedPlots:
    """bluesky's BestEffortCallback where there are no windows: what it plots is saved when a run ends.

    Nothing is drawn before, so that plots cost no time at each point.

    Parameters
    ----------
    folder
        Where the pictures go: ``scan_<scan id>_plots.png``.
    """

    def __init__(self, folder: Path) -> None:
        self.best_effort = BestEffortCallback(fig_factory=self._figure)
        self._folder = folder
        self._figures: list[Figure] = []
        self._scan_id = 0

    def __call__(self, name: str, document: dict[str, Any]) -> None:
        """Pass a document on; at the end of the run, save what was plotted."""
        if name == "start":
            self._scan_id = document["scan_id"]
            self._figures.clear()
        self.best_effort(name, document)
        if name == "stop":
            for number, each in enumerate(self._figures):
                suffix = f"_{number + 1}" if number else ""
                path = self._folder / f"scan_{self._scan_id}_plots{suffix}.png"
                each.savefig(path, dpi=60)
                print(f"plots: {path}")

    def _figure(self, name: str) -> Figure:
        made = Figure(layout="constrained", label=name)
        self._figures.append(made)
        return made
