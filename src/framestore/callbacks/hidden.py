"""Documents that a callback needs and does not get."""

from typing import Any


class HiddenDocumentsError(RuntimeError):
    """A callback is subscribed so that documents which it needs do not reach it. Raised whatever ``on_error`` is."""


def hidden(callback: str, came: str, lacks: str) -> HiddenDocumentsError:
    """The error for a document that ``came`` without those before it that it refers to, which it ``lacks``.

    Examples
    --------
    >>> str(hidden("LiveImage", "an event (7f3a)", "its descriptor"))[:60]
    'LiveImage got an event (7f3a), but never its descriptor: it '
    """
    return HiddenDocumentsError(
        f"{callback} got {came}, but never {lacks}: it needs all documents of a run, from its start on. Subscribe it "
        "to all: RE.subscribe(callback), RE(plan, callback) or {'all': callback}, not to 'event' or 'stop' alone, and "
        "before the run begins"
    )


def check_counted(callback: str, stop: dict[str, Any], *, came: bool) -> None:
    """Refuse a run that has ended, and has events, none of which ``came``.

    Raises
    ------
    HiddenDocumentsError
        When the stop document counts some.

    Examples
    --------
    >>> check_counted("LiveImage", {"run_start": "0d6a", "num_events": {"primary": 0}}, came=False)
    """
    number = sum((stop.get("num_events") or {}).values())
    if number and not came:
        told = f"the stop document of run {stop['run_start']}, by which {number} events were taken"
        raise hidden(callback, told, "a descriptor with an event")
