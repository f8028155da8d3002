"""The prompt: whether there will be one, and what is said before it."""

import sys
from typing import Any

from bluesky.run_engine import autoawait_in_bluesky_event_loop

from framestore.callbacks.figures import windows

from .beamline import Beamline


def ipython() -> Any:
    """The IPython that runs this, or None."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - it is there already, or not at all

    return get_ipython()


def is_interactive() -> bool:
    """Whether a prompt follows: ``python -i``, ``ipython -i``, or ``%run`` at the prompt of IPython."""
    shell = ipython()
    return bool(sys.flags.inspect) if shell is None else getattr(shell.parent, "interact", True)


def prepare(beamline: Beamline) -> None:
    """Let IPython await in the RunEngine's event loop, in which ophyd-async's devices live; say what is there."""
    if ipython() is not None:
        autoawait_in_bluesky_event_loop()
    print(_welcome(beamline))


def _welcome(beamline: Beamline) -> str:
    where = "in windows" if windows() else "there, too (in windows: pip install PyQt6, ipython --matplotlib=qt6 ...)"
    return f"""
A simulated beamline, made with {beamline.framework}.
  RE, bp, bps, bpp        the RunEngine; bluesky's plans, plan stubs and preprocessors
  stage                   motors stage.x and stage.y: mm, limits -10 to 10, velocity 1 mm/s
  pdet, camera            a point detector with 3 channels, and a camera: both see what the stage moves
  load(), load(2)         the last run, or scan 2; its frames are lazy arrays
  find_peak(load())       where the spot is in the middle of the picture, from the centroids in the events
  thumbnails(load(), "a.png"), export_tiff(load(), "/tmp", stack=True)
Documents and frames go to {beamline.recording.folder};
plots, and the images of each scan of two motors, are shown {where}.

Try:
{_reading(beamline.framework)}
  RE(bps.mv(stage.x, 1.5))
  RE(bps.mv(stage.x.velocity, 1000, stage.y.velocity, 1000))
  RE(bp.grid_scan([pdet], stage.x, 1, 2, 3, stage.y, 2, 3, 3))
  RE(bp.grid_scan([camera], stage.x, 1, 2, 3, stage.y, 2, 3, 3))
"""


def _reading(framework: str) -> str:
    """How a motor is read by hand: only IPython can await at its prompt."""
    if framework == "ophyd":
        return "  stage.x.read()"
    return "  RE(bps.rd(stage.x))" if ipython() is None else "  await stage.x.read()"
