"""What was said on the command line."""

import argparse
import sys
from pathlib import Path

from .beamline import FRAMEWORKS


def parse() -> argparse.Namespace:
    """``framework``, ``folder`` and ``reader``."""
    parser = argparse.ArgumentParser(prog="framestore.demo", description="A simulated beamline.")
    parser.add_argument("--framework", choices=FRAMEWORKS, default=FRAMEWORKS[0], help="default: %(default)s")
    parser.add_argument("--folder", type=Path, help="where all files go; by default a new temporary folder")
    parser.add_argument("--reader", default=sys.executable, help="Python that reads the frames back; default: this one")
    swallowed = _swallowed()
    return parser.parse_known_args(swallowed)[0] if swallowed else parser.parse_args()


def _swallowed() -> list[str]:
    """Arguments that ``ipython -i -m framestore.demo`` took for its own, for want of ``--`` before them."""
    if sys.argv[1:] or "framestore.demo" not in sys.orig_argv:
        return []
    return sys.orig_argv[sys.orig_argv.index("framestore.demo") + 1 :]
