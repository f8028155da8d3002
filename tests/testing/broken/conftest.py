"""flights.py builds on detectors.py: they find each other in each way of pytest to import test modules."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
