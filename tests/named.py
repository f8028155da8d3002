"""What the documents of runs name, and whether the files hold it."""

import math
from collections import defaultdict
from pathlib import Path

import h5py
import tifffile
import zarr


class Named:
    """What the documents of some runs name, by resource: its document, its events' streams, its points."""

    def __init__(self, documents):
        self.resources = {}
        self.streams = defaultdict(set)
        self.points = defaultdict(list)
        self.indices = defaultdict(list)
        for run in documents.by_run():
            self._read(run)

    def _read(self, run):
        uid = run.of("start")[0]["uid"]
        names = {descriptor["uid"]: descriptor["name"] for descriptor in run.of("descriptor")}
        resource_of = {datum["datum_id"]: datum["resource"] for datum in run.of("datum")}
        number_of = {datum["datum_id"]: datum["datum_kwargs"]["point_number"] for datum in run.of("datum")}
        for resource in run.of("resource", "stream_resource"):
            assert resource["run_start"] == uid
            assert resource["uid"] not in self.resources, "a resource belongs to one run"
            self.resources[resource["uid"]] = resource
        for datum in run.of("stream_datum"):
            stream = (uid, names[datum["descriptor"]], self.resources[datum["stream_resource"]]["data_key"])
            self.streams[datum["stream_resource"]].add(stream)
            indices = range(datum["indices"]["start"], datum["indices"]["stop"])
            self.points[datum["stream_resource"]].extend(indices)
            self.indices[stream].extend(indices)
        for event in run.of("event"):
            for key in event["filled"]:
                value = event["data"][key]
                assert value in resource_of, f"{key}: an event names a datum that there is not: {value!r}"
                self.streams[resource_of[value]].add((uid, names[event["descriptor"]], key))
                self.points[resource_of[value]].append(number_of[value])

    def check(self):
        assert set(self.streams) == set(self.resources)
        for uid, streams in self.streams.items():
            assert len(streams) == 1, f"{uid}: a resource belongs to one stream of one run"
        for stream, indices in self.indices.items():
            assert indices == list(range(len(indices))), f"{stream}: a gap, or one twice"

    def rows(self, uid):
        """Rows, in points, that the documents name."""
        first = self.points[uid][0] if "mimetype" in self.resources[uid] else 0
        return sorted({point - first for point in self.points[uid]})

    def path(self, uid):
        resource = self.resources[uid]
        if "uri" in resource:
            return Path(resource["uri"].removeprefix("file://localhost"))
        return Path(resource["root"]) / resource["resource_path"]


def template_of(resource):
    """Template of the names of a series of files."""
    if "parameters" in resource:
        return resource["parameters"]["template"]
    kwargs = resource["resource_kwargs"]
    return kwargs["template"].replace("%s%s", kwargs["filename"]).replace("%6.6d", "{:06d}")


def frames_in(path, resource):
    """Numbers of the frames that a file, or a series of files, has."""
    if path.suffix == ".h5":
        with h5py.File(path, "r") as file:
            return list(range(len(file["entry/data/data"])))
    if path.suffix == ".tiff":
        with tifffile.TiffFile(path) as file:
            return list(range(len(file.pages)))
    if path.parent.suffix == ".zarr":
        return list(range(math.prod(zarr.open_array(path, mode="r").shape[:2])))
    before, after = template_of(resource).split("{:06d}")
    return sorted(int(file.name[len(before) : -len(after)]) for file in path.iterdir() if file.name.startswith(before))


def files_of(path, frames):
    """How many files make up what a resource names."""
    if path.parent.suffix == ".zarr":
        return sum(file.is_file() for file in path.parent.rglob("*"))
    return 1 if path.suffix in {".h5", ".tiff"} else frames


def check_files(named, folder, frames, *, unnamed_points=False):
    """The files have the frames that the documents name, and there are no others; some points may stay unnamed.

    ``frames`` is the number of frames in a point, by data key.
    """
    counted = 0
    for uid, resource in named.resources.items():
        ((_, _, key),) = named.streams[uid]
        found = frames_in(named.path(uid), resource)
        expected = [row * frames[key] + j for row in named.rows(uid) for j in range(frames[key])]
        assert set(expected) <= set(found) if unnamed_points else expected == found, key
        counted += files_of(named.path(uid), len(found))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert unnamed_points or len(files) == counted, "a file that no document names"
    assert not list(folder.rglob(".*")), "something hidden is left"
