"""What bluesky plots, as files where there are no windows."""

from pathlib import Path
from typing import Any

from bluesky.callbacks.best_effort import BestEffortCallback
from matplotlib.figure import Figure


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
