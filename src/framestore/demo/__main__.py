"""``python -m framestore.demo``; with ``-i``, RE, bp, bps, stage, camera and run stay at the prompt."""

import argparse
import sys
import tempfile
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp

from framestore.demo.beamline import make_beamline
from framestore.demo.walk import read_elsewhere, run_scans, tell

__all__ = ["RE", "bp", "bps", "camera", "run", "stage"]

parser = argparse.ArgumentParser(prog="framestore.demo", description="A simulated camera in a count and a grid scan.")
parser.add_argument("--folder", type=Path, help="where frames and documents go; by default a new temporary folder")
parser.add_argument("--reader", default=sys.executable, help="Python that reads the frames back; by default this one")
arguments = parser.parse_args()

beamline = make_beamline((arguments.folder or Path(tempfile.mkdtemp(prefix="framestore-demo-"))).absolute())
RE, stage, camera = beamline.RE, beamline.stage, beamline.camera
run = run_scans(beamline)
tell(beamline, read_elsewhere(beamline, arguments.reader))
