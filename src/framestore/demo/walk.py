"""The walk through the beamline: the lines that a person would type, and a look at what comes out."""

import subprocess
from pathlib import Path
from typing import Any

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import numpy as np
import tifffile
from bluesky.run_engine import call_in_bluesky_event_loop
from framestore_handlers import Run

from framestore.exporters import export_tiff

from .beamline import Beamline
from .peak import find_peak
from .sample import PEAK, PICTURE

_READ_BACK = Path(__file__).with_name("read_back.py")
_GRID = "stage.x, 1, 2, 3, stage.y, 2, 3, 3"


class Walk:
    """One walk, and what was not as it should be on it.

    Parameters
    ----------
    beamline
        Where it goes.
    """

    def __init__(self, beamline: Beamline) -> None:
        self._beamline = beamline
        self.differences: list[str] = []
        """What was not as it should be."""
        devices = beamline.devices
        self._names = {"RE": beamline.RE, "bp": bp, "bps": bps, "stage": devices.stage, "pdet": devices.pdet}
        self._names |= {"camera": devices.camera, "load": beamline.recording.load}
        self._names |= {"find_peak": find_peak, "export_tiff": export_tiff, "folder": beamline.recording.folder}

    def go(self, reader: str) -> None:
        """Walk; ``reader`` is the Python that reads the frames back."""
        print(f"A simulated beamline, made with {self._beamline.framework}; its files are in {self._names['folder']}")
        self._devices()
        self._moves()
        self._point_detector()
        self._camera()
        self._afterwards()
        self._elsewhere(reader)

    def _devices(self) -> None:
        separator = "-" if self._beamline.framework == "ophyd-async" else "_"
        name = f"stage{separator}x"
        self._check(self._do("stage.x.name") == name, f"the motor's name is {name}")
        self._check(self._do("stage.x.read()", verb=True)[name]["value"] == 0, "it stands at 0 mm")

    def _moves(self) -> None:
        self._do("RE(bps.rd(stage.x))")
        self._do("RE(bps.mv(stage.x, 1.5))")
        self._check(self._do("RE(bps.rd(stage.x))").plan_result == 1.5, "it went to 1.5 mm")
        try:
            self._do("stage.x.check_value(50)", verb=True)
        except ValueError as error:
            print(error)
        else:
            self._check(False, "50 mm is outside of its limits")  # noqa: FBT003 - that is what is checked
        self._do("RE(bps.mv(stage.x.velocity, 1000, stage.y.velocity, 1000))")

    def _point_detector(self) -> None:
        self._do(f"RE(bp.grid_scan([pdet], {_GRID}))")
        points = self._run()["primary"]
        channels = [key for key in points if key.startswith("pdet")]
        varied = [np.ptp(points[channel]) > 0 for channel in channels]
        self._check(varied == [True] * 3, "each of 3 channels depends on where the motors are")

    def _camera(self) -> None:
        result = self._do(f"RE(bp.grid_scan([camera], {_GRID}))")
        self._check(result.exit_status == "success", "the scan succeeded")
        scan_id = self._run().start["scan_id"]
        for suffix in (".png", "_plots.png"):
            path = self._beamline.recording.folder / f"scan_{scan_id}{suffix}"
            self._check(path.is_file(), f"{path.name} was drawn")

    def _afterwards(self) -> None:
        peak = self._do("find_peak(load())")
        near = np.allclose(peak.position, PEAK, atol=0.02)
        self._check(near, f"the spot is where the simulation has it: {PEAK[0]} mm, {PEAK[1]} mm")
        run = self._do("load()")
        image = next(key for key in run["primary"] if run["primary"].is_external(key))
        frames = self._do(f"load()['primary']['{image}']")
        self._check(frames.shape == (9, 1, *PICTURE) and frames.dtype == "uint16", "9 frames of 240 x 320 pixels")
        exported = self._do("export_tiff(load(), folder, stack=True)")
        same = np.array_equal(tifffile.imread(exported.files[0]), frames.compute()[:, 0])
        self._check(same, "the TIFF file has the same frames")

    def _elsewhere(self, reader: str) -> None:
        documents = self._beamline.recording.path(self._run().start["scan_id"])
        print(f"\nReading back in a process of its own: {reader} {_READ_BACK.name}", flush=True)
        read = subprocess.run([reader, str(_READ_BACK), str(documents)], check=False)
        self._check(read.returncode == 0, "another process read the same frames")

    def _run(self) -> Run:
        return self._beamline.recording.load()

    def _do(self, line: str, *, verb: bool = False) -> Any:
        """Show a line, do it, and show what it gives; ophyd-async's verbs are awaited, as IPython does it."""
        awaited = verb and self._beamline.framework == "ophyd-async"
        print(f"\n>>> {'await ' * awaited}{line}", flush=True)
        given = eval(line, dict(self._names))  # noqa: S307 - a line of this walk: what is shown is what is done
        result = call_in_bluesky_event_loop(given) if awaited else given
        print(result)
        return result

    def _check(self, holds: bool, fact: str) -> None:  # noqa: FBT001 - it is asked for one thing
        print(f"    {'ok' if holds else 'DIFFERS'}: {fact}")
        if not holds:
            self.differences.append(fact)
