"""Files that others registered, through a real server process: nothing in them leads out of its readable storage."""

import json
import logging
import os
import struct
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from fastapi import HTTPException
from framestore_handlers.place import Place, UntrustedPathError, resolved
from framestore_handlers.tiled import others
from framestore_handlers.tiled.adapters import HDF5Adapter
from slow import slow
from tiled import storage
from tiled.structures.array import ArrayStructure
from tiled.structures.core import StructureFamily
from tiled.structures.data_source import Asset, DataSource, Management
from untrusted import nothing_is_opened_in

FRAMES = np.arange(4 * 6 * 8, dtype="<u2").reshape(4, 6, 8)
SECRET = FRAMES + 1000


@pytest.fixture
def server(configured_server):
    return configured_server


@pytest.fixture
def inside(folder):
    folder.mkdir()
    return folder


def source(mimetype, *paths, parameters=None, array=FRAMES, parameter="data_uris", is_directory=False):
    numbers = range(len(paths)) if parameter == "data_uris" else [None]
    assets = [
        Asset(data_uri=f"file://localhost{path}", is_directory=is_directory, parameter=parameter, num=number)
        for number, path in zip(numbers, paths, strict=True)
    ]
    family = StructureFamily.container if array is None else StructureFamily.array
    return DataSource(
        structure_family=family,
        structure=None if array is None else ArrayStructure.from_array(array),
        mimetype=mimetype,
        assets=assets,
        parameters=parameters or {},
        management=Management.external,
    )


def write_hdf5(path, frames, name="data"):
    with h5py.File(path, "w") as file:
        file[name] = frames


def hdf5(inside, elsewhere, frames, link):
    """A dataset that is, by its file, in another one."""
    write_hdf5(elsewhere / "raw.h5", frames)
    with h5py.File(inside / "x.h5", "w") as file:
        link(file, str(elsewhere / "raw.h5"), frames)
    return source("application/x-hdf5", inside / "x.h5", parameters={"dataset": "entry/data"})


def external(file, name, frames):
    del frames
    file["entry/data"] = h5py.ExternalLink(name, "data")


def through_a_group(file, name, frames):
    del frames
    file["there"] = h5py.ExternalLink(name, "/")
    file["entry/data"] = h5py.SoftLink("/there/data")


def mapped(file, name, frames):
    layout = h5py.VirtualLayout(shape=frames.shape, dtype=frames.dtype)
    layout[...] = h5py.VirtualSource(name, "data", shape=frames.shape)
    file.create_virtual_dataset("entry/data", layout)


def raw(file, name, frames):
    frames.tofile(name)
    file.create_dataset("entry/data", frames.shape, frames.dtype, external=[(name, 0, frames.nbytes)])


def raw_behind_what_is_gone(inside, elsewhere, frames):
    """HDF5 opens each file of raw data when its part is read."""
    frames.tofile(elsewhere / "raw")
    half = frames.nbytes // 2
    with h5py.File(inside / "x.h5", "w") as file:
        parts = [(str(inside / "gone"), 0, half), (str(elsewhere / "raw"), half, half)]
        file.create_dataset("entry/data", frames.shape, frames.dtype, external=parts)
    return source("application/x-hdf5", inside / "x.h5", parameters={"dataset": "entry/data"})


def hdf5_whole(inside, elsewhere, frames):
    """All of a file, which Tiled walks through."""
    hdf5(inside, elsewhere, frames, external)
    return source("application/x-hdf5", inside / "x.h5", array=None)


def picture(path, frames, **more):
    tifffile.imwrite(path, frames, photometric="minisblack", **more)


def tiff(inside, elsewhere, frames):
    """A link on disk."""
    picture(elsewhere / "raw.tiff", frames)
    (inside / "x.tiff").symlink_to(elsewhere / "raw.tiff")
    return source("image/tiff", inside / "x.tiff", parameter="data_uri")


def upwards(inside, elsewhere, frames):
    """Steps upwards, which Tiled takes for names; the server checks nothing of an asset without a parameter."""
    write_hdf5(elsewhere / "raw.h5", frames)
    path = f"{inside}/{os.path.relpath(elsewhere, inside)}/raw.h5"
    return source("application/x-hdf5", path, parameters={"dataset": "data"})


def as_parameters(inside, elsewhere, frames):
    """What Tiled's adapter takes for the files of a series, whatever the assets are."""
    picture(elsewhere / "raw.tiff", frames[0])
    picture(inside / "x.tiff", frames[0])
    uris = [f"file://localhost{elsewhere}/raw.tiff"] * 4
    mimetype = "multipart/related;type=image/tiff"
    return source(mimetype, inside / "x.tiff", parameters={"data_uris": uris}, parameter=None)


def series(inside, elsewhere, frames):
    paths = [inside / f"x{number}.tiff" for number in range(4)]
    for path, frame in zip(paths, frames, strict=True):
        picture(elsewhere / path.name, frame)
        path.symlink_to(elsewhere / path.name)
    return source("multipart/related;type=image/tiff", *paths)


def ome(inside, elsewhere, frames, end="</Image></OME>"):
    """A file that names another one, with the pages 2 and 3."""
    picture(elsewhere / "raw.tiff", frames[2:])
    name = os.path.relpath(elsewhere / "raw.tiff", inside)
    parts = "".join(
        f'<TiffData FirstZ="{z}" IFD="{z % 2}" PlaneCount="1"><UUID FileName="{file}">urn:uuid:{uuid}</UUID></TiffData>'
        for z, (file, uuid) in enumerate([("x.tiff", 1), ("x.tiff", 1), (name, 2), (name, 2)])
    )
    pixels = '<Pixels DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="6" SizeZ="4" SizeC="1" SizeT="1">'
    schema = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
    text = f'<OME {schema} UUID="urn:uuid:1"><Image>{pixels}{parts}</Pixels>{end}'
    picture(inside / "x.tiff", frames[:2], description=text, metadata=None)
    return source("image/tiff", inside / "x.tiff", parameter="data_uri")


def ndtiff(inside, elsewhere, frames):
    """Micro-Manager's files, which an index names; two frames each."""
    name = os.path.relpath(elsewhere / "raw.tif", inside)
    index = b""
    for number, (path, part) in enumerate([(inside / "x.tif", frames[:2]), (elsewhere / "raw.tif", frames[2:])]):
        head = struct.pack("<5I", 483729, 3, 3, 2355492, 2) + b"{}"
        tags = {256: 8, 257: 6, 258: 16, 259: 1, 262: 1, 273: 512, 277: 1, 278: 6, 279: 96}
        ifd = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
        ifd += struct.pack("<HHII", 51123, 2, 8, 500)
        offset = 8 + len(head)
        begin = b"II*\0" + struct.pack("<I", offset) + head + struct.pack("<H", len(tags) + 1) + ifd + bytes(4)
        path.write_bytes(begin.ljust(512, b"\0") + part.tobytes())
        for k in range(2):
            axes = json.dumps({"time": 2 * number + k}).encode()
            called = (name if number else path.name).encode()
            index += struct.pack("<I", len(axes)) + axes + struct.pack("<I", len(called)) + called
            index += struct.pack("<IiiiiIii", 512 + 96 * k, 8, 6, 1, 0, 0, 0, 0)
    (inside / "NDTiff.index").write_bytes(index)
    return source("image/tiff", inside / "x.tif", parameter="data_uri")


def store(inside, elsewhere, frames):
    """Whose second chunk is a link."""
    zarr.create_array(inside / "x.zarr", data=frames, chunks=(1, 6, 8))
    chunk = inside / "x.zarr/c/1"
    chunk.rename(elsewhere / "chunk")
    chunk.symlink_to(elsewhere / "chunk")
    return source("application/x-zarr", inside / "x.zarr", parameter="data_uri", is_directory=True)


def by(link):
    return lambda inside, elsewhere, frames: hdf5(inside, elsewhere, frames, link)


WAYS = [
    pytest.param(by(external), id="external link"),
    pytest.param(by(mapped), id="virtual dataset"),
    pytest.param(hdf5_whole, id="whole hdf5"),
    pytest.param(tiff, id="link to tiff"),
    pytest.param(ome, id="ome"),
    pytest.param(store, id="zarr"),
    pytest.param(by(through_a_group), marks=pytest.mark.slow, id="soft link to an external one"),
    pytest.param(by(raw), marks=pytest.mark.slow, id="raw data"),
    pytest.param(ndtiff, marks=pytest.mark.slow, id="ndtiff"),
    pytest.param(series, marks=pytest.mark.slow, id="series of links"),
]
NEVER = [
    pytest.param(upwards, id="upwards"),
    pytest.param(as_parameters, id="parameters"),
    pytest.param(raw_behind_what_is_gone, id="raw data behind what is gone"),
]


def registered(server, data_source):
    return server.new(data_source.structure_family, [data_source])


def link_of(node):
    return node.item["links"]["full"]


@pytest.mark.parametrize("made", WAYS + NEVER)
def test_nothing_leads_out_of_the_readable_storage(server, inside, tmp_path, made):
    data_source = made(inside, tmp_path, SECRET)
    node = registered(server, data_source)
    with nothing_is_opened_in(tmp_path):
        answer = server.context.http_client.get(link_of(node))
        listed = server.context.http_client.get(node.item["links"].get("search", link_of(node)))
    assert answer.status_code == listed.status_code == 403
    assert "out of the readable_storage" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text


def test_whole_files_are_not_given_away(server, inside, tmp_path):
    """Of a folder, Tiled takes any path upwards, too."""
    (tmp_path / "secret").write_text("secret")
    node = registered(server, store(inside, inside, FRAMES))
    (asset,) = node.data_sources()[0].assets
    asked = {"id": asset.id, "relative_path": os.path.relpath(tmp_path / "secret", inside / "x.zarr")}
    uri = f"{server.context.api_uri}asset/bytes/{node.item['id']}"
    with nothing_is_opened_in(tmp_path):
        answer = server.context.http_client.get(uri, params=asked)
    assert answer.status_code == 403


def test_a_text_of_ome_that_is_not_well_formed_names_nothing(server, inside, tmp_path):
    """tifffile takes the pages of the file for all that there is, and opens no other."""
    data_source = ome(inside, tmp_path, SECRET, end="</Imag></OME>")
    node = registered(server, replace(data_source, structure=ArrayStructure.from_array(SECRET[:2])))
    with nothing_is_opened_in(tmp_path):
        np.testing.assert_array_equal(node.read(), SECRET[:2])


@pytest.mark.parametrize("made", WAYS)
def test_what_stays_inside_is_served_as_before(server, inside, place, made):
    beside = place / f"{inside.name} beside"
    beside.mkdir()
    node = registered(server, made(inside, beside, FRAMES))
    array = node if node.structure_family == StructureFamily.array else node["entry/data"]
    np.testing.assert_array_equal(array.read(), FRAMES)


@pytest.mark.slow
def test_a_file_without_locks_that_maps_itself(server, inside):
    """HDF5 refuses to open it twice with different locks."""
    with h5py.File(inside / "x.h5", "w") as file:
        file["data"] = FRAMES
        mapped(file, ".", FRAMES)
    parameters = {"dataset": "entry/data", "locking": False}
    node = registered(server, source("application/x-hdf5", inside / "x.h5", parameters=parameters))
    np.testing.assert_array_equal(node.read(), FRAMES)


def numbered(file, folder):
    """A virtual dataset of a file for each two frames, of which HDF5 takes those before one that is gone."""
    write_hdf5(folder / "part_1.h5", SECRET[:2])
    end, unlimited = h5py.h5s.UNLIMITED, h5py.h5s.create_simple((4, 6, 8), (h5py.h5s.UNLIMITED, 6, 8))
    unlimited.select_hyperslab((0, 0, 0), (end, 1, 1), (2, 1, 1), (2, 6, 8))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_virtual(unlimited, f"{folder}/part_%b.h5".encode(), b"data", h5py.h5s.create_simple((2, 6, 8)))
    space = h5py.h5s.create_simple((4, 6, 8), (end, 6, 8))
    h5py.h5d.create(file.id, b"data", h5py.h5t.NATIVE_UINT16, space, dcpl=properties)


GONE = {
    "part of a virtual dataset": lambda file, inside, outside: mapped(file, "gone.h5", FRAMES),
    "link out": lambda file, inside, outside: external(file, f"{outside}/gone.h5", FRAMES),
    "part of a virtual dataset out": lambda file, inside, outside: mapped(file, f"{outside}/gone.h5", FRAMES),
    "no HDF5": lambda file, inside, outside: external(file, "text.h5", FRAMES),
    "numbered part out": lambda file, inside, outside: numbered(file, outside),
    "link": lambda file, inside, outside: external(file, "gone.h5", FRAMES),
    "raw data": lambda file, inside, outside: raw(file, f"{inside}/gone", FRAMES),
    "link that leads nowhere": lambda file, inside, outside: external(file, "nowhere.h5", FRAMES),
}


@pytest.mark.parametrize("what", [*list(GONE)[:5], *slow(*list(GONE)[5:])])
def test_what_is_gone_leads_nowhere(server, inside, tmp_path, what):
    """The rest is served, as without us."""
    (inside / "text.h5").write_text("text")
    (inside / "nowhere.h5").symlink_to("gone.h5")
    with h5py.File(inside / "x.h5", "w") as file:
        file["good"] = FRAMES
        GONE[what](file, inside, tmp_path)
    (inside / "gone").unlink(missing_ok=True)
    node = registered(server, source("application/x-hdf5", inside / "x.h5", array=None))
    with nothing_is_opened_in(tmp_path):
        np.testing.assert_array_equal(node["good"].read(), FRAMES)
        for name in set(node) - {"good"}:
            server.context.http_client.get(link_of(node[name]))


def test_a_link_on_disk_out_is_refused_whatever_is_there(inside, tmp_path):
    """It may be there when HDF5 looks."""
    (inside / "gone.h5").symlink_to(tmp_path / "gone.h5")
    with h5py.File(inside / "x.h5", "w") as file:
        external(file, "gone.h5", FRAMES)
    with pytest.raises(UntrustedPathError, match=r"which leads to .*gone\.h5, is outside"):
        others.linked_in_hdf5(Place(path=inside / "x.h5", roots=resolved([inside])), {})


@pytest.mark.parametrize("first", ["link that leads nowhere", "text"])
def test_where_hdf5_goes_on_to_another_file_that_is_looked_at(inside, tmp_path, monkeypatch, first):
    """That in the working directory, where the one beside the link is gone; in old versions, also where it is none."""
    monkeypatch.chdir(tmp_path)
    write_hdf5(tmp_path / "other.h5", SECRET)
    with h5py.File(inside / "x.h5", "w") as file:
        external(file, "other.h5", FRAMES)
    if first == "text":
        (inside / "other.h5").write_text("text")
    else:
        (inside / "other.h5").symlink_to("gone.h5")
        with h5py.File(inside / "x.h5") as file:
            np.testing.assert_array_equal(file["entry/data"], SECRET)
    with nothing_is_opened_in(tmp_path), pytest.raises(UntrustedPathError, match=r"other\.h5.* is outside"):
        others.linked_in_hdf5(Place(path=inside / "x.h5", roots=resolved([inside])), {})


def test_the_log_names_the_file_and_where_it_leads(inside, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(storage, "_STORAGE", {"x": storage.FileStorage(f"file://localhost{inside}")})
    data_source = hdf5(inside, tmp_path, SECRET, external)
    node = SimpleNamespace(metadata_={}, specs=[])
    with caplog.at_level(logging.WARNING), pytest.raises(HTTPException):
        HDF5Adapter.from_catalog(data_source, node, **data_source.parameters)
    assert f"{tmp_path}/raw.h5 is outside" in caplog.text
