"""The simulated beamline: a RunEngine, a stage with two motors, a point detector, a camera."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bluesky import RunEngine
from bluesky.callbacks.best_effort import BestEffortCallback
from bluesky.utils import ProgressBarManager
from event_model import RunRouter

from framestore.callbacks.figures import windows

from .devices import Devices
from .needs import need
from .pictures import SavedPlots
from .recording import Recording
from .sample import Sample

FRAMEWORKS = ("ophyd-async", "ophyd")
"""What the devices can be made with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beamline:
    """What stands at the prompt."""

    framework: str
    """What its devices are made with."""
    RE: RunEngine
    """It shows the progress of moves, a live table and plots, and saves the documents of each run."""
    best_effort: BestEffortCallback
    """The table and the plots."""
    devices: Devices
    """Stage, point detector and camera."""
    recording: Recording
    """The runs, and where everything is."""


def make_beamline(framework: str, folder: Path) -> Beamline:
    """Make the beamline, with all its files in ``folder``.

    Raises
    ------
    ModuleNotFoundError
        When the framework is not installed; it names the command that mends it.
    """
    need(framework.replace("-", "_"))
    folder.mkdir(parents=True, exist_ok=True)
    recording = Recording(folder)
    engine = RunEngine({"scan_id": recording.last()}, call_returns_result=True)
    cast("Any", engine).waiting_hook = ProgressBarManager()  # bluesky has it as None
    return Beamline(
        framework=framework,
        RE=engine,
        best_effort=_show(engine, recording),
        devices=_devices(framework, folder),
        recording=recording,
    )


def _show(engine: RunEngine, recording: Recording) -> BestEffortCallback:
    """Subscribe everything that shows or saves; each run is saved before the pictures of it are made."""
    if windows():
        best_effort = BestEffortCallback()
        engine.subscribe(best_effort)
    else:
        plots = SavedPlots(recording.folder)
        best_effort = plots.best_effort
        engine.subscribe(plots)
    engine.subscribe(RunRouter([recording.writers]))
    return best_effort


def _devices(framework: str, folder: Path) -> Devices:
    sample = Sample()
    if framework == "ophyd":
        from .ophyd_devices import make_devices  # noqa: PLC0415 - of two frameworks, one may be installed
    else:
        from .ophyd_async_devices import make_devices  # noqa: PLC0415 - of two frameworks, one may be installed
    return make_devices(sample, folder)
