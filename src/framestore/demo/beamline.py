"""The simulated beamline: a RunEngine, a stage with two motors, a camera."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bluesky import RunEngine
from bluesky.callbacks.best_effort import BestEffortCallback
from bluesky.callbacks.json_writer import JSONLinesWriter
from event_model import RunRouter
from ophyd import Component, Device
from ophyd.sim import SynAxis

from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, UUIDFilenameProvider
from framestore.sources import GaussianBlob, SimulatedSource


class Stage(Device):
    """Two motors, millimetres."""

    x = Component(SynAxis, kind="hinted")
    y = Component(SynAxis, kind="hinted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Beamline:
    """What stands at the prompt."""

    RE: RunEngine
    """The RunEngine; it prints a live table and saves the documents of each run."""
    stage: Stage
    """Moves the blob: 25 pixels a millimetre."""
    camera: Camera
    """240 x 320 pixels, 16 bit."""
    folder: Path
    """Where frames and documents go."""

    def documents(self, scan_id: int) -> Path:
        """File with the documents of a run."""
        return self.folder / _documents_name(scan_id)


def make_beamline(folder: Path) -> Beamline:
    """Make the beamline, with all its files in ``folder``."""
    stage = Stage(name="stage")

    def position() -> tuple[float, float]:
        return float(cast("Any", stage.x).position), float(cast("Any", stage.y).position)

    blob = GaussianBlob(position, scale=25)
    camera = Camera(
        SimulatedSource((240, 320), "uint16", blob, seed=0),
        StaticPathProvider(UUIDFilenameProvider(), folder),
        hints=("mean", "centroid_x", "centroid_y"),
        name="camera",
    )
    engine = RunEngine({}, call_returns_result=True)
    table = BestEffortCallback()
    table.disable_plots()
    engine.subscribe(table)
    engine.subscribe(RunRouter([_documents_writer(folder)]))
    return Beamline(RE=engine, stage=stage, camera=camera, folder=folder)


def _documents_name(scan_id: int) -> str:
    return f"scan_{scan_id}.jsonl"


def _documents_writer(folder: Path) -> Callable[[str, dict[str, Any]], tuple[list[Any], list[Any]]]:
    """A file of JSON lines for each run, beside its frames."""

    def writers(_: str, start: dict[str, Any]) -> tuple[list[Any], list[Any]]:
        return [JSONLinesWriter(str(folder), _documents_name(start["scan_id"]))], []

    return writers
