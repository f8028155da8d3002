"""Times as NeXus writes them."""

import datetime as dt


def iso(time: float) -> str:
    """POSIX seconds as ISO 8601, in the time of this place, with its distance from UTC."""
    return dt.datetime.fromtimestamp(time, dt.UTC).astimezone().isoformat()
