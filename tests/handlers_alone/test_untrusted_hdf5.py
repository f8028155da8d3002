"""Nothing in an HDF5 file leads out of ``allowed_roots``; what its sources lack is missed, not made up."""

import os
import shutil
import subprocess
import sys

import framestore_handlers
import h5py
import numpy as np
import pytest
from framestore_handlers import MissingFileError, UntrustedPathError
from untrusted import FRAMES, HDF5, nothing_is_opened_in, read, refused, stream, written


@pytest.fixture
def inside(tmp_path):
    place = tmp_path / "inside"
    place.mkdir()
    return place


@pytest.fixture
def outside(tmp_path):
    place = tmp_path / "outside"
    place.mkdir()
    return place


def virtual(path, *sources, shape=(4, 6, 8), dataset="/entry/data/data"):
    """A virtual dataset of (slice, file name, shape) sources."""
    layout = h5py.VirtualLayout(shape, "<u2")
    for rows, name, extent in sources:
        layout[rows] = h5py.VirtualSource(str(name), "/entry/data/data", extent)
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset(dataset, layout, fillvalue=7)


def numbered(path, name):
    """A virtual dataset whose sources, 4 frames each, are counted in their names."""
    limits = h5py.h5s.UNLIMITED, 6, 8
    space, filled = h5py.h5s.create_simple((4, 6, 8), limits), h5py.h5s.create_simple((4, 6, 8), limits)
    filled.select_hyperslab((0, 0, 0), (h5py.h5s.UNLIMITED, 1, 1), (4, 1, 1), (4, 6, 8))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_virtual(filled, os.fsencode(name), b"/entry/data/data", h5py.h5s.create_simple((4, 6, 8)))
    with h5py.File(path, "w") as file:
        group = file.create_group("/entry/data")
        h5py.h5d.create(group.id, b"data", h5py.h5t.STD_U16LE, space, dcpl=plist)


def source_of(path, target):
    virtual(path, (slice(0, 4), target, (4, 6, 8)))


def link_to(path, target):
    with h5py.File(path, "w") as file:
        file["entry"] = h5py.ExternalLink(str(target), "/entry")


def soft_link_to(path, target):
    with h5py.File(path, "w") as file:
        file["entry"] = h5py.SoftLink("/other/there")
        file.create_group("other")["there"] = h5py.ExternalLink(str(target), "/entry")


def source_of_source(path, target):
    link_to(path.with_name("between.h5"), target)
    virtual(path, (slice(0, 4), path.with_name("between.h5"), (4, 6, 8)))


def link_to_source(path, target):
    source_of(path.with_name("between.h5"), target)
    link_to(path, "between.h5")


def raw_data(path, target):
    raw = target.with_suffix(".raw")
    FRAMES.tofile(raw)
    with h5py.File(path, "w") as file:
        file.create_dataset("/entry/data/data", FRAMES.shape, "<u2", external=[(str(raw), 0, FRAMES.nbytes)])


def source_of_raw_data(path, target):
    raw_data(path.with_name("between.h5"), target)
    source_of(path, "between.h5")


def counted(path, target):
    target.rename(target.with_name("x0.h5"))
    numbered(path, target.with_name("x%b.h5"))


WAYS_OUT = {
    "external link": link_to,
    "soft link to external link": soft_link_to,
    "source": source_of,
    "source through link": source_of_source,
    "link to source": link_to_source,
    "numbered sources": counted,
    "raw data": raw_data,
    "source with raw data": source_of_raw_data,
}


@pytest.fixture(params=WAYS_OUT)
def way_out(request):
    return WAYS_OUT[request.param]


def test_hdf5_leads_nowhere_else(inside, outside, way_out):
    way_out(inside / "main.h5", written(outside))
    refused(inside, outside, inside / "main.h5")


def test_hdf5_leads_on_within(inside, tmp_path, way_out):
    (inside / "sub").mkdir()
    way_out(inside / "main.h5", written(inside / "sub"))
    np.testing.assert_array_equal(read(inside, inside / "main.h5"), FRAMES)


def test_hdf5_leads_where_it_likes_without_restriction(inside, outside, way_out):
    way_out(inside / "main.h5", written(outside))
    np.testing.assert_array_equal(read(inside, inside / "main.h5", allowed_roots=None), FRAMES)


@pytest.mark.parametrize("roots", [None, "inside"])
def test_a_file_that_hdf5_leads_to_is_missed(inside, way_out, roots):
    (inside / "sub").mkdir()
    path = written(inside / "sub")
    way_out(inside / "main.h5", path)
    shutil.rmtree(inside / "sub")
    match = r"sub/x0?\.(h5|raw), which (virtual dataset|dataset|the link) .* names as"
    with pytest.raises(MissingFileError, match=match):
        read(inside, inside / "main.h5", allowed_roots=roots and [inside])


def test_what_hdf5_finds_in_this_folder_is_outside(inside, outside, monkeypatch):
    """HDF5 looks beside the file, and in the working directory."""
    written(outside)
    source_of(inside / "main.h5", "x.h5")
    monkeypatch.chdir(outside)
    refused(inside, outside, inside / "main.h5")


@pytest.mark.parametrize("way", ["external link", "source"])
def test_what_hdf5_finds_by_the_environment_is_outside(inside, outside, way, monkeypatch):
    written(outside)
    WAYS_OUT[way](inside / "main.h5", "x.h5")
    monkeypatch.setenv("HDF5_VDS_PREFIX", str(outside))
    monkeypatch.setenv("HDF5_EXT_PREFIX", f"/nowhere:{outside}")
    refused(inside, outside, inside / "main.h5")


def linked_folders(inside, write, target):
    """``here/main.h5`` is a link to ``there/main.h5``, which leads to ``x.h5``: beside the link, the target."""
    for folder in ("here", "there"):
        (inside / folder).mkdir()
    write(inside / "there" / "main.h5", "x.h5")
    (inside / "here" / "main.h5").symlink_to("../there/main.h5")
    (inside / "here" / "x.h5").symlink_to(target)
    with h5py.File(inside / "there" / "x.h5", "w") as file:
        file["/entry/data/data"] = FRAMES + 1000
    return inside / "here" / "main.h5"


@pytest.mark.parametrize("write", [link_to, source_of])
@pytest.mark.parametrize("between", [None, link_to, source_of])
def test_hdf5_looks_beside_the_link_that_a_file_is(inside, outside, write, between):
    path = linked_folders(inside, write, written(outside))
    if between is not None:
        between(inside / "outer.h5", "here/main.h5")
        path = inside / "outer.h5"
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["/entry/data/data"], FRAMES)
    np.testing.assert_array_equal(read(inside, path, allowed_roots=None), FRAMES)
    refused(inside, outside, path)


def test_hdf5_goes_on_from_the_path_by_which_a_file_was_opened_first(inside, outside):
    """A file that leads to itself by a link in another folder."""
    for folder in ("here", "there"):
        (inside / folder).mkdir()
    link_to(inside / "here" / "main.h5", "x.h5")
    with h5py.File(inside / "here" / "main.h5", "a") as file:
        file["again"] = h5py.ExternalLink("../there/main.h5", "/entry")
    (inside / "there" / "main.h5").symlink_to("../here/main.h5")
    (inside / "here" / "x.h5").symlink_to(written(outside))
    written(inside / "there")
    uri = f"file://localhost{inside}/here/main.h5"
    run = framestore_handlers.load(stream(uri, HDF5, {"dataset": "/again/data/data"}), allowed_roots=[inside])
    with nothing_is_opened_in(outside), pytest.raises(UntrustedPathError, match="outside of allowed_roots"):
        run["primary"].read("image")


@pytest.mark.parametrize("roots", [None, "inside"])
def test_sources_that_are_counted_in_their_dataset_names(inside, roots):
    """HDF5 counts the blocks up to the first dataset that is missing, as it does up to the first missing file."""
    endless = h5py.h5s.UNLIMITED
    with h5py.File(inside / "main.h5", "w") as file:
        for number in range(2):
            file[f"block{number}"] = FRAMES[2 * number : 2 * number + 2]
        filled = h5py.h5s.create_simple((4, 6, 8), (endless, 6, 8))
        filled.select_hyperslab((0, 0, 0), (endless, 1, 1), (2, 1, 1), (2, 6, 8))
        source = h5py.h5s.create_simple((2, 6, 8))
        source.select_hyperslab((0, 0, 0), (1, 1, 1), block=(2, 6, 8))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_virtual(filled, b".", b"/block%b", source)
        space = h5py.h5s.create_simple((0, 6, 8), (endless, 6, 8))
        h5py.h5d.create(file.create_group("/entry/data").id, b"data", h5py.h5t.STD_U16LE, space, dcpl=plist)
    np.testing.assert_array_equal(read(inside, inside / "main.h5", allowed_roots=roots and [inside]), FRAMES)


READ_BY_BOTH = """
import sys
from pathlib import Path
import h5py, numpy as np
from framestore_handlers.hdf5.handler import HDF5Frames
from framestore_handlers.place import Place, resolved
inside = Path(sys.argv[1])
for name in ("raw.h5", "mapped.h5"):
    with h5py.File(inside / name) as file:
        frames = file["/entry/data/data"][:]
    assert frames.any()
    for roots in (None, [inside]):
        out = np.empty_like(frames)
        HDF5Frames(place=Place(path=inside / name, roots=resolved(roots))).read_into(out, 0)
        np.testing.assert_array_equal(out, frames)
"""


def test_the_environment_may_say_beside_the_file(inside):
    """HDF5 expands this in the variables of raw data and of virtual datasets, which it reads when it is loaded."""
    (inside / "raw").mkdir()
    FRAMES.tofile(inside / "raw" / "x.raw")
    with h5py.File(inside / "raw.h5", "w") as file:
        file.create_dataset("/entry/data/data", FRAMES.shape, "<u2", external=[("x.raw", 0, FRAMES.nbytes)])
    (inside / "mapped").mkdir()
    written(inside / "mapped")
    source_of(inside / "mapped.h5", "x.h5")
    variables = {
        "HDF5_EXTFILE_PREFIX": "${ORIGIN}/raw",
        "HDF5_VDS_PREFIX": "${ORIGIN}/mapped",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", READ_BY_BOTH, inside]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def virtual_frames(inside, rows=4):
    run = framestore_handlers.load(stream(f"file://localhost{inside}/main.h5", HDF5, {}, frames=rows))
    return run["primary"]


def test_only_the_sources_of_the_frames_that_are_read_are_needed(inside):
    written(inside)
    virtual(inside / "main.h5", (slice(0, 4), "x.h5", (4, 6, 8)), (slice(4, 8), "y.h5", (4, 6, 8)), shape=(8, 6, 8))
    frames = virtual_frames(inside, 8)
    np.testing.assert_array_equal(frames.read("image", 0, 4)[:, 0], FRAMES)
    with pytest.raises(MissingFileError, match=r"y\.h5, which virtual dataset /entry/data/data of .*main\.h5 names"):
        frames.read("image", 3, 5)


def test_frames_of_two_sources_in_turn(inside):
    written(inside)
    with h5py.File(inside / "y.h5", "w") as file:
        file["/entry/data/data"] = FRAMES + 1000
    maps = (slice(0, 8, 2), "x.h5", (4, 6, 8)), (slice(1, 8, 2), "y.h5", (4, 6, 8))
    virtual(inside / "main.h5", *maps, shape=(8, 6, 8))
    expected = np.stack([FRAMES, FRAMES + 1000], 1).reshape(8, 6, 8)
    np.testing.assert_array_equal(virtual_frames(inside, 8).read("image", 3)[:, 0], expected[3:])


def test_frames_without_a_source_are_not_made_up(inside):
    written(inside)
    virtual(inside / "main.h5", (slice(0, 4), "x.h5", (4, 6, 8)), shape=(6, 6, 8))
    frames = virtual_frames(inside, 6)
    np.testing.assert_array_equal(frames.read("image", 0, 4)[:, 0], FRAMES)
    with pytest.raises(OSError, match="2 of the frames 2 to 6 .* the first is 4, have no source"):
        frames.read("image", 2)


def test_gaps_within_a_frame_are_the_fill_value(inside):
    """As between the modules of a detector."""
    written(inside)
    layout = h5py.VirtualLayout((4, 6, 20), "<u2")
    for left in (0, 12):
        layout[:, :, left : left + 8] = h5py.VirtualSource("x.h5", "/entry/data/data", FRAMES.shape)
    with h5py.File(inside / "main.h5", "w") as file:
        file.create_virtual_dataset("/entry/data/data", layout, fillvalue=7)
    documents = stream(f"file://localhost{inside}/main.h5", HDF5, {}, shape=(6, 20))
    found = framestore_handlers.load(documents)["primary"].read("image")[:, 0]
    np.testing.assert_array_equal(found, np.concatenate([FRAMES, np.full((4, 6, 4), 7), FRAMES], 2))


def test_a_source_that_is_shorter_than_its_part_is_not_filled_up(inside):
    with h5py.File(inside / "x.h5", "w") as file:
        file["/entry/data/data"] = FRAMES[:2]
    layout = h5py.VirtualLayout((4, 6, 8), "<u2")
    layout[0:4] = h5py.VirtualSource("x.h5", "/entry/data/data", (9, 6, 8), maxshape=(None, 6, 8))[0:4]
    with h5py.File(inside / "main.h5", "w") as file:
        file.create_virtual_dataset("/entry/data/data", layout, fillvalue=7)
    with pytest.raises(OSError, match=r"x\.h5: /entry/data/data is of shape \(2, 6, 8\), which is less than frames 0"):
        virtual_frames(inside).read("image")
    np.testing.assert_array_equal(virtual_frames(inside).read("image", 0, 2)[:, 0], FRAMES[:2])


@pytest.mark.parametrize("chunks", [None, (1, 6, 8)])
def test_frames_that_were_never_written_to_a_source_are_not_made_up(inside, chunks):
    virtual(inside / "main.h5", (slice(0, 4), "x.h5", (4, 6, 8)))
    with h5py.File(inside / "x.h5", "w") as file:
        data = file.create_dataset("/entry/data/data", (4, 6, 8), "<u2", chunks=chunks)
        if chunks:
            data[:3] = FRAMES[:3]
    with pytest.raises(OSError, match=r"x\.h5: frame [03] of /entry/data/data was never written"):
        virtual_frames(inside).read("image")
    if chunks:
        np.testing.assert_array_equal(virtual_frames(inside).read("image", 0, 3)[:, 0], FRAMES[:3])


def test_a_source_that_is_cut_off_is_not_filled_up(inside):
    path = written(inside)
    virtual(inside / "main.h5", (slice(0, 4), "x.h5", (4, 6, 8)))
    os.truncate(path, path.stat().st_size - 100)
    with pytest.raises(OSError, match=r"x\.h5"):
        virtual_frames(inside).read("image")


def test_a_source_without_its_dataset_is_not_filled_up(inside):
    with h5py.File(inside / "x.h5", "w") as file:
        file["other"] = FRAMES
    virtual(inside / "main.h5", (slice(0, 4), "x.h5", (4, 6, 8)))
    with pytest.raises(OSError, match=r"x\.h5 has no dataset /entry/data/data"):
        virtual_frames(inside).read("image")


def test_raw_data_that_is_cut_off_is_not_filled_up(inside):
    raw_data(inside / "main.h5", inside / "x.h5")
    os.truncate(inside / "x.raw", 100)
    with pytest.raises(OSError, match=r"x\.raw is cut off: it has 100 of the 384 bytes"):
        virtual_frames(inside).read("image")


@pytest.mark.parametrize("roots", [None, "inside"])
def test_what_leads_to_itself_is_refused(inside, roots):
    virtual(inside / "main.h5", (slice(0, 4), ".", (4, 6, 8)))
    with pytest.raises(OSError, match="does it lead to itself"):
        read(inside, inside / "main.h5", allowed_roots=roots and [inside])
    numbered(inside / "again0.h5", inside / "again%b.h5")
    with pytest.raises(OSError, match="does it lead to itself"):
        read(inside, inside / "again0.h5", allowed_roots=roots and [inside])
    with h5py.File(inside / "link.h5", "w") as file:
        file["entry"] = h5py.SoftLink("/entry")
    with pytest.raises(OSError, match="more than 16 links"):
        read(inside, inside / "link.h5", allowed_roots=roots and [inside])
