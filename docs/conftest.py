"""Which pages of the documentation are executed here."""
# ruff: noqa: INP001 - pytest's own convention

from importlib.metadata import PackageNotFoundError, version


def _has_databroker_1() -> bool:
    try:
        return version("databroker").startswith("1.")
    except PackageNotFoundError:
        return False


# The test run executes these pages in another environment, the one that has databroker 1.x.
collect_ignore = [] if _has_databroker_1() else ["how-to/use-databroker.md", "tutorials/array-detector.md"]
