"""What stands over a picture."""

from typing import Any


def titled(start: dict[str, Any], field: str) -> str:
    """Which run, by its start document, and which data key."""
    return f"scan {start['scan_id']} · {field}" if "scan_id" in start else f"run {start['uid'][:8]} · {field}"
