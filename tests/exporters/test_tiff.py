"""TIFF files of a run, as tifffile, Pillow and libtiff see them."""

import json
import subprocess
import time

import event_model
import numpy as np
import pytest
import tifffile
from PIL import Image
from ways import every_way

from framestore.exporters import ExportResult, export_tiff


def described(path, page=0):
    with tifffile.TiffFile(path) as file:
        return json.loads(file.pages[page].description)


def without_datums(event):
    return {key: value for key, value in event.items() if key != "filled"}


@pytest.mark.parametrize("family", ["stream", "datum"])
def test_frames_are_those_of_the_run(make_run, out, family):
    made = make_run(family=family)
    result = export_tiff(made.documents, out)
    assert isinstance(result, ExportResult)
    for path, frame in zip(result.files, made.frames(), strict=True):
        assert np.array_equal(tifffile.imread(path), frame)
        assert np.array_equal(np.asarray(Image.open(path)), frame)
    (stack,) = export_tiff(made.run, out, stack=True).files
    assert np.array_equal(tifffile.imread(stack), made.frames())
    info = subprocess.run(["tiffinfo", stack], capture_output=True, text=True, check=True)
    assert info.stdout.count("TIFF Directory at") == 6
    assert "error" not in info.stderr.lower()


def test_documents_stand_in_every_file(made, out):
    result = export_tiff(made.run, out)
    events = [document for name, document in made.documents if name == "event"]
    kinds = {name: document for name, document in made.documents if name in ("start", "stop", "descriptor")}
    for number, path in enumerate(result.files):
        said = described(path)
        assert said["start"] == kinds["start"]
        assert said["stop"] == kinds["stop"]
        assert said["descriptors"] == [kinds["descriptor"]]
        assert said["event"] == events[number // 2]
        assert (said["seq_num"], said["frame"]) == (number // 2 + 1, number % 2)
        assert (said["uid"], said["stream"], said["field"]) == (made.start["uid"], "primary", "det_image")
        with tifffile.TiffFile(path) as file:
            assert file.pages[0].tags[269].value == made.start["uid"]


def test_stack_says_what_is_common_once(made, out):
    (path,) = export_tiff(made.run, out, stack=True).files
    said = [described(path, page) for page in range(6)]
    assert [(page["seq_num"], page["frame"]) for page in said] == [(n, i) for n in (1, 2, 3) for i in (0, 1)]
    assert said[0]["start"] == made.start
    assert not any("start" in page for page in said[1:])
    assert [page["event"]["data"]["motor"] for page in said] == [0, 0, 0.5, 0.5, 1, 1]


def test_metadata_with_every_kind_of_value(make_run, out):
    made = make_run(note='"shape": [1, 2]', shape_="{}", user="Zoë\n☃", none=None, number=float("inf"))
    for path in export_tiff(made.run, out).files[:1]:
        assert described(path)["start"] == made.start
        assert np.array_equal(tifffile.imread(path), made.frames()[0])
    (stack,) = export_tiff(made.run, out, stack=True).files
    assert tifffile.imread(stack).shape == (6, 6, 8)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_is_one_page(make_run, out, dtype, channels):
    made = make_run(shape=(6, 8, channels), dtype=dtype)
    result = export_tiff(made.run, out)
    with tifffile.TiffFile(result.files[3]) as file:
        assert len(file.pages) == 1
        assert file.pages[0].photometric == tifffile.PHOTOMETRIC.RGB
        assert np.array_equal(file.asarray(), made.frames()[3])
    if dtype == "u1":
        assert np.array_equal(np.asarray(Image.open(result.files[3])), made.frames()[3])
    (stack,) = export_tiff(made.run, out, stack=True).files
    with tifffile.TiffFile(stack) as file:
        assert len(file.pages) == 6
        assert np.array_equal(file.asarray(), made.frames())


def test_what_tiff_cannot_hold_is_refused(make_run, out):
    with pytest.raises(ValueError, match=r"no pages for frames of \(6, 8, 9\) uint16; use export_hdf5"):
        export_tiff(make_run(shape=(6, 8, 9)).run, out)
    with pytest.raises(ValueError, match="no pages for frames of .* bool"):
        export_tiff(make_run(shape=(6, 8, 3), dtype="?").run, out)
    spectra = make_run(shape=(6,))
    with pytest.raises(ValueError, match="has no images to export; its streams: primary .motor, det_image"):
        export_tiff(spectra.run, out)
    with pytest.raises(ValueError, match="have no rows and columns"):
        export_tiff(spectra.run, out, fields="det_image")
    assert not out.exists()


def test_streams_and_fields_are_chosen(make_run, out):
    made = make_run(streams=("primary", "dark"), keys=("a", "b"), frames=1, events=1)
    template = "{stream}-{field}.tiff"

    def chosen(**settings):
        return [path.stem for path in export_tiff(made.run, out, template, dry_run=True, **settings).files]

    assert chosen() == ["primary-a", "primary-b", "dark-a", "dark-b"]
    assert chosen(streams="dark") == ["dark-a", "dark-b"]
    assert chosen(streams=["dark", "primary"], fields=["b"]) == ["dark-b", "primary-b"]
    with pytest.raises(KeyError, match="has no field 'c' in stream 'primary', stream 'dark'; fields with frames: a, b"):
        chosen(fields="c")
    with pytest.raises(ValueError, match="the values of 'motor' .* are no frames: number"):
        chosen(fields="motor")
    with pytest.raises(KeyError, match="has no stream 'flat'; it has: primary, dark"):
        chosen(streams="flat")


def test_images_inside_events(out):
    run = event_model.compose_run(metadata={"scan_id": 1})
    key = {"source": "x", "dtype": "array", "shape": [4, 5], "dtype_numpy": "<i4"}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key, "at": {**key, "shape": []}})
    images = np.arange(60).reshape(3, 4, 5).astype("i4")
    documents = [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc)]
    for number, image in enumerate(images):
        event = descriptor.compose_event(
            data={"image": image.tolist() if number else image, "at": number},
            timestamps={"image": 0, "at": 0},
            validate=False,
        )
        documents.append(("event", event))
    result = export_tiff(documents, out, "{event[data][at]}.tiff")
    assert [path.name for path in result.files] == ["0.tiff", "1.tiff", "2.tiff"]
    assert np.array_equal([tifffile.imread(path) for path in result.files], images)
    assert described(result.files[1])["event"]["data"] == {"at": 1}  # the image itself is not said twice


def test_a_run_that_ended_before_its_first_point(make_run, out):
    made = make_run(events=0)
    for stack in (False, True):
        assert export_tiff(made.run, out, stack=stack) == ExportResult(files=())
    assert not out.exists()


def test_a_run_without_stop(make_run, out):
    made = make_run(ended=False)
    result = export_tiff(made.run, out)
    assert described(result.files[0])["stop"] is None
    with pytest.raises(KeyError, match="no 'exit_status' in: None"):
        export_tiff(made.run, out, "{stop[exit_status]}{seq_num}{frame}")


def test_compression(made, out):
    (plain,) = export_tiff(made.run, out, stack=True).files
    (small,) = export_tiff(made.run, out / "zlib", stack=True, compression="zlib").files
    assert np.array_equal(tifffile.imread(small), tifffile.imread(plain))
    with tifffile.TiffFile(small) as file:
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
    with pytest.raises(ValueError, match="compression='shrink' cannot be had for frames of uint16"):
        export_tiff(made.run, out / "other", stack=True, compression="shrink")
    assert not (out / "other").exists()


@pytest.mark.slow
def test_files_beyond_4_gib_are_bigtiff(tmp_path, out):
    run = event_model.compose_run(metadata={"scan_id": 1})
    import h5py

    frames = 1050
    with h5py.File(tmp_path / "sevens.h5", "w") as file:
        data = file.create_dataset("data", (frames, 2048, 2048), "u1", chunks=(1, 2048, 2048), compression="gzip")
        data[0] = 7
        mask, chunk = data.id.read_direct_chunk((0, 0, 0))
        for number in range(1, frames):
            data.id.write_direct_chunk((number, 0, 0), chunk, mask)
    key = {"source": "x", "dtype": "array", "shape": [1, 2048, 2048], "dtype_numpy": "|u1", "external": "STREAM:"}
    descriptor = run.compose_descriptor(name="primary", data_keys={"image": key})
    resource = run.compose_stream_resource(
        mimetype="application/x-hdf5", uri=f"file://localhost{tmp_path}/sevens.h5", data_key="image",
        parameters={"dataset": "data", "chunk_shape": [1, 1, 2048, 2048], "join_method": "stack"},
    )  # fmt: skip
    datum = resource.compose_stream_datum(
        indices={"start": 0, "stop": frames}, seq_nums={"start": 1, "stop": frames + 1},
        descriptor=descriptor.descriptor_doc,
    )  # fmt: skip
    documents = [("start", run.start_doc), ("descriptor", descriptor.descriptor_doc)]
    documents += [("stream_resource", resource.stream_resource_doc), ("stream_datum", datum)]
    (path,) = export_tiff(documents, out, stack=True).files
    assert path.stat().st_size > 2**32
    with tifffile.TiffFile(path) as file:
        assert file.is_bigtiff
        assert len(file.pages) == frames
        assert (file.pages[frames - 1].asarray() == 7).all()


@every_way
@pytest.mark.parametrize("family", ["stream", "datum"])
def test_frames_of_a_camera(run_engine, make_camera, way, documents, out, family):
    import bluesky.plans as bp
    from ophyd.sim import motor

    camera = make_camera(way.source, documents=family, frames_per_point=2, name="det", **way.settings)
    run_engine(bp.scan([camera], motor, 1, 3, 3), documents)
    result = export_tiff(way.load(documents), out, "{event[data][motor]:.1f}/{i}.tiff")
    assert [str(path.relative_to(out)) for path in result.files] == [
        f"{p}.0/{i}.tiff" for p in (1, 2, 3) for i in (0, 1)
    ]
    for k, path in enumerate(result.files):
        assert np.array_equal(tifffile.imread(path), way.expected(k))
    (event, *_) = documents.of("event")
    assert described(result.files[0])["event"]["data"]["det_mean"] == event["data"]["det_mean"]


def test_frames_of_a_camera_have_their_times(run_engine, make_camera, source, documents, out):
    import bluesky.plans as bp
    import framestore_handlers

    camera = make_camera(source, name="det")
    run_engine(bp.count([camera], 3), documents)
    run = framestore_handlers.load(documents)
    times = run["primary"].read_timestamps("det_image")[:, 0]
    result = export_tiff(run, out)
    assert [described(path)["time"] for path in result.files] == times.tolist()
    with tifffile.TiffFile(result.files[0]) as file:
        assert file.pages[0].tags["DateTime"].value == time.strftime("%Y:%m:%d %H:%M:%S", time.localtime(times[0]))
