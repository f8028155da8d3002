"""The same dataset in several groups, as NeXus links it; and what NeXus wants to know of each."""

from typing import Any


def link(group: Any, name: str, dataset: Any) -> Any:
    """Have a dataset in another group, too; ``target`` says where it is at home.

    https://manual.nexusformat.org/design.html#links
    """
    dataset.attrs["target"] = dataset.name
    group[name] = dataset
    return group[name]


def with_units(dataset: Any, units: str = "") -> Any:
    """The same dataset, which now says its units; none where the documents say none.

    Who plots it would write them behind its name, in brackets, if there were no ``long_name``.
    """
    if "units" not in dataset.attrs:
        dataset.attrs["units"] = units
    if not dataset.attrs["units"]:
        dataset.attrs.setdefault("long_name", dataset.name.rpartition("/")[2])
    return dataset
