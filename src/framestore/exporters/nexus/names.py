"""Names as NeXus allows them, for fields and groups that are called something else."""

import re
import unicodedata
from collections.abc import Collection, Container, Iterator, Mapping
from itertools import count

_RESERVED = {
    "DATA": "",
    "AXISNAME": "",
    "DIFFRACTOMETER": "",  # of NXinstrument
    "errors": "",  # deprecated
    "scaling_factor": "",
    "offset": "",
    "x": "f",
    "y": "f",
    "z": "f",
}
"""Names that NXdata, or the class that is said, has for something of its own: the kinds of dtype that it may have."""
_RESERVED_PARTS = (
    (re.compile(r"[a-z_]+_mask"), "biu"),
    (re.compile(r"[a-z_]+_(set|errors|weights|scaling_factor|offset)"), "iufc"),
    (re.compile(r"identifier[a-z_]+"), "O"),
)
"""The same of names that mean something in every group."""


def nexus_name(text: str) -> str:
    """The nearest name that NeXus allows: letters without accents, digits and underscores, no digit first.

    https://manual.nexusformat.org/datarules.html allows dots and leading digits, too; not all that read NeXus do.

    Examples
    --------
    >>> nexus_name("camera-mean"), nexus_name("2theta"), nexus_name("Größe/mm")
    ('camera_mean', '_2theta', 'Groe_mm')
    """
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", letters) if re.search(r"[^A-Za-z0-9_]", letters) else letters
    if not re.search(r"[A-Za-z0-9]", name):
        return "unnamed"
    return f"_{name}" if name[0].isdigit() else name


def nexus_names(kinds: Mapping[str, str], *, taken: Collection[str] = ()) -> dict[str, str]:
    """A name for each field of a group: its own, where NeXus allows it and means nothing else by it.

    Others get a name near to theirs, with a number behind it where that is another's, or means something else.

    Parameters
    ----------
    kinds
        Kinds of the dtypes of each field's datasets, as numpy has them, by the field's name.
    taken
        Names in the group that are in use.
    """
    own = {
        field for field in kinds if field not in taken and nexus_name(field) == field and _can_be(field, kinds[field])
    }
    used, names = {*taken, *kinds}, dict[str, str]()
    for field, found in kinds.items():
        wanted = (name for name in _candidates(field) if name not in used and _can_be(name, found))
        names[field] = field if field in own else next(wanted)
        used.add(names[field])
    return names


def free_name(name: str, group: Container[str], *, taken: Collection[str] = ()) -> str:
    """A name for a group, or for a dataset of floats, that another group does not have yet."""
    return next(
        found for found in _candidates(name) if found not in group and found not in taken and _can_be(found, "f")
    )


def _candidates(field: str) -> Iterator[str]:
    name = nexus_name(field)
    yield name
    yield from (f"{name}_{number}" for number in count(1))


def _can_be(name: str, kinds: str) -> bool:
    """Whether NeXus means by the name what datasets of these kinds can be."""
    allowed = _RESERVED.get(name)
    if allowed is None:
        allowed = next((allowed for pattern, allowed in _RESERVED_PARTS if pattern.fullmatch(name)), kinds)
    return bool(allowed) and set(kinds) <= set(allowed)
