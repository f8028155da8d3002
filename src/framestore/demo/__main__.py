"""``python -m framestore.demo`` walks through the beamline; with ``-i``, it is yours at the prompt."""

import sys
import tempfile
from pathlib import Path

import bluesky.plan_stubs as bps
import bluesky.plans as bp
import bluesky.preprocessors as bpp
import matplotlib as mpl

from framestore.demo.arguments import parse
from framestore.demo.beamline import make_beamline
from framestore.demo.peak import find_peak
from framestore.demo.prompt import is_interactive, prepare
from framestore.demo.thumbnails import thumbnails
from framestore.demo.walk import Walk
from framestore.exporters import export_tiff

__all__ = ["RE", "bec", "bp", "bpp", "bps", "camera", "export_tiff", "find_peak", "load", "path_provider", "pdet"]
__all__ += ["stage", "thumbnails"]

arguments = parse()
interactive = is_interactive()
if not interactive:
    mpl.use("Agg")  # nobody looks at windows of a process that ends
folder = (arguments.folder or Path(tempfile.mkdtemp(prefix="framestore-demo-"))).absolute()
beamline = make_beamline(arguments.framework, folder)
RE, bec, load = beamline.RE, beamline.best_effort, beamline.recording.load
stage, pdet, camera = beamline.devices.stage, beamline.devices.pdet, beamline.devices.camera
path_provider = beamline.devices.path_provider
if interactive:
    prepare(beamline)
else:
    walk = Walk(beamline)
    walk.go(arguments.reader)
    if walk.differences:
        sys.exit(f"\n{len(walk.differences)} of the walk's results differ: {'; '.join(walk.differences)}")
    print(f"\nAll as it should be. Try it yourself: ipython -i -m framestore.demo -- --framework {beamline.framework}")
