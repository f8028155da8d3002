"""Documents that a callback needs and does not get."""


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
