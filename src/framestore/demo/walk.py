"""What the demo does, and what it tells."""

import subprocess
from pathlib import Path
from typing import Any

import bluesky.plans as bp
import framestore_handlers

from .beamline import Beamline

_READ_BACK = Path(__file__).with_name("read_back.py")


def run_scans(beamline: Beamline) -> framestore_handlers.Run:
    """A ``count`` and a ``grid_scan`` with the camera; returns the second, loaded lazily."""
    camera: Any = beamline.camera  # ophyd's devices have their own types for what bluesky's protocols say
    stage = beamline.stage
    print("\ncount: the camera by itself, five points")
    beamline.RE(bp.count([camera], 5))
    print("\ngrid_scan: the camera while two motors move")
    beamline.RE(bp.grid_scan([camera], stage.y, -2, 2, 5, stage.x, -2, 2, 5))
    return framestore_handlers.load(beamline.documents(2))


def read_elsewhere(beamline: Beamline, reader: str) -> Path:
    """Let another Python read the grid scan back and draw it; returns the picture's path.

    Raises
    ------
    subprocess.CalledProcessError
        When it could not, or read other numbers than the camera had.
    """
    picture = beamline.folder / "scan_2.png"
    print(f"\nReading back in a process of its own: {reader} {_READ_BACK.name}", flush=True)
    subprocess.run([reader, str(_READ_BACK), str(beamline.documents(2)), str(picture)], check=True)
    return picture


def tell(beamline: Beamline, picture: Path) -> None:
    """Where things are, and what to try next."""
    print(f"""
Where things are
  frames     {beamline.camera.file_path.get()}
  documents  {beamline.documents(2)}
  picture    {picture}

What to try next, in `ipython -i -m framestore.demo`
  RE(bps.mv(stage.x, 1.5, stage.y, -1))     move the blob
  RE(bp.count([camera], 3))                 take frames of it
  camera.read()                             the camera's numbers
  run["primary"]["camera_image"][12].compute()   frames of the middle of the grid
  run["primary"].to_xarray()                motors, numbers and frames (pip install xarray)
""")
