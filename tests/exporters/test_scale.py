"""Runs of any length: exports hold a batch of frames, and of the others their names alone; few files are open."""

import json
import shutil
import subprocess
import sys
import tracemalloc

import event_model
import framestore_handlers
import h5py
import hdf5plugin
import numpy as np
import pytest
import tifffile
from PIL import Image
from slow import slow

from framestore.exporters import batches, export_tiff

HELD = 20
"""Frames in the files; the events of long runs have them over and over."""
NAMES = 2048
"""Bytes that a frame may leave behind: its name, and where it is."""

CHILD = """
import json, resource, sys
from pathlib import Path
from framestore.exporters import export_tiff

def memory(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))

warm, path, out, most, workers, stack = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(most), int(most)))
settings = dict(progress=False, stack=stack == "True", workers=int(workers))
export_tiff(warm, out + "-warm", **settings)
idle = memory("VmRSS")
result = export_tiff(path, out, **settings)
print(json.dumps([len(result.files), memory("VmHWM") - idle]))
"""


@pytest.fixture
def images():
    return np.random.default_rng(3).integers(0, 255, (HELD, 128, 192), "u1")


def hdf5(folder, images, **settings):
    with h5py.File(folder / "run.h5", "x") as file:
        file.create_dataset("entry/data/data", data=images, chunks=(1, *images.shape[1:]), **settings)
    return "AD_HDF5", folder / "run.h5", {"frame_per_point": 1}


def compressed(folder, images):
    return hdf5(folder, images, **hdf5plugin.Bitshuffle(cname="lz4"))


def tiff(folder, images):
    for number, image in enumerate(images):
        tifffile.imwrite(folder / f"a_{number:06d}.tiff", image)
    return "AD_TIFF", folder, {"template": "%s%s_%6.6d.tiff", "filename": "a", "frame_per_point": 1}


def jpeg(folder, images):
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"a_{number:06d}.jpg")
    return "FRAMESTORE_JPEG", folder, {"template": "%s%s_%6.6d.jpg", "filename": "a", "frame_per_point": 1}


SOURCES = {"hdf5": hdf5, "compressed": compressed, "tiff": tiff, "jpeg": jpeg}


def documents(source, images, frames):
    """A run of that many events."""
    run = event_model.compose_run(metadata={"scan_id": 7})
    yield "start", run.start_doc
    key = {"source": "x", "dtype": "array", "dtype_numpy": "|u1", "shape": [1, *images.shape[1:]]}
    stream = run.compose_descriptor(name="primary", data_keys={"image": key | {"external": "FILESTORE:"}})
    yield "descriptor", stream.descriptor_doc
    spec, path, kwargs = source
    resource = run.compose_resource(spec=spec, root="/", resource_path=str(path)[1:], resource_kwargs=kwargs)
    yield "resource", resource.resource_doc
    for number in range(frames):
        datum = resource.compose_datum(datum_kwargs={"point_number": number % HELD})
        yield "datum", datum
        values, times, filled = {"image": datum["datum_id"]}, {"image": 0.0}, {"image": False}
        yield "event", stream.compose_event(data=values, timestamps=times, filled=filled, validate=False)
    yield "stop", run.compose_stop()


def taken(out, run, **settings):
    """Bytes that an export takes at most, besides what the run itself takes."""
    tracemalloc.start()
    try:
        result = export_tiff(run, out, progress=False, **settings)
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()
        shutil.rmtree(out)


@pytest.mark.parametrize("way", ["files", *slow("stack")])
@pytest.mark.parametrize("source", ["hdf5", *slow("compressed", "tiff", "jpeg")])
def test_memory_grows_by_names_alone(tmp_path, monkeypatch, images, source, way):
    """A frame has twelve times as many bytes as it may leave."""
    assert images[0].nbytes == 12 * NAMES
    monkeypatch.setattr(batches, "BATCH_BYTES", 4 * images[0].nbytes)
    (tmp_path / "data").mkdir()
    made = SOURCES[source](tmp_path / "data", images)
    few, many = (framestore_handlers.load(list(documents(made, images, frames))) for frames in (20, 80))
    taken(tmp_path / "out", few, stack=way == "stack")  # what is made once is not counted
    less, _ = taken(tmp_path / "out", few, stack=way == "stack")
    more, result = taken(tmp_path / "out", many, stack=way == "stack")
    assert len(result.files) == (1 if way == "stack" else 80)
    assert more - less < 60 * NAMES


def saved(path, pairs):
    path.write_text("".join(json.dumps({"name": name, "doc": document}) + "\n" for name, document in pairs))
    return path


def exported_elsewhere(tmp_path, source, images, frames, *, files, workers=1, stack=False):
    """Number of files, and bytes of memory above that after a small export, in a process that has few files open."""
    warm = saved(tmp_path / "warm.jsonl", documents(source, images, 40))
    path = saved(tmp_path / f"{frames}.jsonl", documents(source, images, frames))
    command = [sys.executable, "-c", CHILD, warm, path, f"{tmp_path}/{frames}", str(files), str(workers), str(stack)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", [1, *slow(2)])
def test_few_files_are_open_at_a_time(tmp_path, images, workers):
    images = images[:, :8, :8]
    source = tiff(tmp_path, images)
    files, _ = exported_elsewhere(tmp_path, source, images, 120, files=64, workers=workers)
    assert files == 120
    found = sorted((tmp_path / "120").iterdir())
    assert len(found) == 120
    assert all(np.array_equal(tifffile.imread(path), images[row % HELD]) for row, path in enumerate(found))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("source", "stack"), [("hdf5", False), ("hdf5", True), ("compressed", True), ("tiff", False), ("jpeg", True)]
)
def test_five_and_twenty_thousand_frames_differ_by_their_names(tmp_path, images, source, stack):
    """Documents are read from a file, and stay in memory; they are what ``load`` has of a run: some 2 kB an event."""
    (tmp_path / "data").mkdir()
    made = SOURCES[source](tmp_path / "data", images)
    _, less = exported_elsewhere(tmp_path, made, images, 5000, files=256, stack=stack)
    _, more = exported_elsewhere(tmp_path, made, images, 20000, files=256, stack=stack)
    assert less < 150 * 2**20
    assert more - less < 15000 * 3 * NAMES
