"""A check of a run that found something."""

from typing import Any


class CheckFailedError(RuntimeError):
    """What checks a run found it wanting; the text is that of its report, which is the `report`."""

    def __init__(self, report: Any) -> None:
        super().__init__(str(report))
        self.report = report


def check(result: Any) -> Any:
    """What was returned; CheckFailedError when it is a report that says that something is not ``ok``."""
    if getattr(result, "ok", True) is False:
        raise CheckFailedError(result)
    return result
