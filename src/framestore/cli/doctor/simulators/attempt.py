"""Trying an SDK in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from typing import Any

from .simulator import Simulator

PATIENCE = 30.0
"""Seconds that a process may take, which has an SDK to import."""


def attempt(simulator: Simulator) -> dict[str, Any]:
    """What came of it: ``shape`` and ``dtype`` of a frame; or ``error``, with ``lacks`` where there is no simulator."""
    code = f"from {__package__}.taken import taken; from {simulator.module} import frame; taken(frame)"
    command = [sys.executable, "-P", "-c", code]
    environment = {**os.environ, **simulator.environment}
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, capture_output=True, check=False, timeout=PATIENCE, env=environment, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {PATIENCE:.0f} s"}
    said = done.stdout.decode(errors="replace").strip().splitlines()
    if done.returncode < 0:
        return {"error": f"it crashed by {signal.Signals(-done.returncode).name}"}
    try:
        return json.loads(said[-1])
    except (ValueError, IndexError):
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        return {"error": lines[-1]}
