"""The streams of a run, as the HDF5 exporter has them, under names that NeXus allows."""

from collections.abc import Mapping
from typing import Any

from framestore_handlers import Stream

from framestore.exporters.hdf5 import streams
from framestore.exporters.hdf5.call import Contents
from framestore.exporters.hdf5.names import escaped
from framestore.exporters.hdf5.storage import Storage
from framestore.exporters.hdf5.streams import SEQ_NUM
from framestore.exporters.selection import Field
from framestore.exporters.task import Tell

from .links import with_units
from .names import nexus_names
from .values import plain_text, subgroup
from .written import TIMES, Written

_MEANS_OTHERS = ("signal", "axis", "axes", "target")
"""Attributes that mean something in NeXus; what a data key says under such a name stands in the descriptors."""
_COLOURS = {3: "rgb-image", 4: "rgba-image"}
_DATA, _SEQ_NUMS = "data", f"{SEQ_NUM}s"
_GROUPS = (_DATA, TIMES, _SEQ_NUMS)
"""Groups in that of a stream, each with datasets by field."""


def write_streams(entry: Any, contents: Contents, storage: Storage, tell: Tell) -> list[Written]:
    """``streams``, with a group of each: all its values and frames, in the order of its events; primary comes first."""
    groups = subgroup(entry, "streams", "NXcollection")
    order = sorted(contents.part.streams, key=lambda name: name != "primary")
    homes = nexus_names(dict.fromkeys(order, "f"))
    written: list[Written] = []
    for name in order:
        stream = contents.run[name]
        fields = {field.key: field for field in contents.part.fields if field.stream.name == name}
        left_out = contents.left_out[name]
        group = streams.write(groups, stream, list(fields.values()), storage, left_out=left_out, tell=tell)
        _move(groups, str(group.name), homes[name])
        written.append(_at_home(groups[homes[name]], stream, fields))
    return written


def _at_home(group: Any, stream: Stream, fields: Mapping[str, Field]) -> Written:
    """A stream where it stays, its fields under their names."""
    paths = _rename(group, stream)
    for key, field in fields.items():
        group.file[paths[key]].attrs["interpretation"] = _interpretation(field)
    return Written(stream=stream, group=group, paths=paths, images=fields)


def _interpretation(field: Field) -> str:
    """NeXus' word for what a frame is."""
    if not field.is_image:
        return "spectrum"
    *_, last = shape = field.pixels.shape
    return _COLOURS.get(last, "image") if len(shape) == 5 else "image"


def _rename(group: Any, stream: Stream) -> dict[str, str]:
    """Give the groups of a stream their classes, and the datasets of its fields their names; where they are then."""
    group.attrs["NX_class"] = "NXcollection"
    parts = [group[name] for name in _GROUPS if name in group]
    kinds: dict[str, str] = {}
    for key in stream.data_keys:
        found = [part[escaped(key)].dtype.kind for part in parts if escaped(key) in part]
        if found:
            kinds[key] = "".join(found)
    names = nexus_names(kinds)
    for part in parts:
        part.attrs["NX_class"] = "NXcollection"
        for key, name in names.items():
            if escaped(key) in part:
                _move(part, escaped(key), name)
    data = group[_DATA]
    written = {key: data[name].name for key, name in names.items() if name in data}
    for path in written.values():
        _tidy(group, data[path])
    return written


def _move(group: Any, old: str, new: str) -> None:
    if old.rpartition("/")[2] != new:
        group.move(old, f"{group.name}/{new}")


def _tidy(group: Any, dataset: Any) -> None:
    """Have its attributes say what NeXus means by them."""
    for name in _MEANS_OTHERS:
        dataset.attrs.pop(name, None)
    if "units" in dataset.attrs:
        dataset.attrs["units"] = plain_text(dataset.attrs["units"])
    name = dataset.name.rpartition("/")[2]
    if name in ("x", "y", "z"):  # NXdata has fields of these names, with units
        with_units(dataset)
    own = f"{group.name}/{_SEQ_NUMS}/{name}"
    dataset.attrs[SEQ_NUM] = own if own in group.file else f"{group.name}/{SEQ_NUM}"
