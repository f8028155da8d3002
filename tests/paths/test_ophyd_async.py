"""ophyd-async's path providers in our camera, ours in its detectors: the frames are read back."""

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import ophyd_async.core as oa
import pytest
from ophyd_async.core import init_devices
from ophyd_async.sim import PatternGenerator, SimBlobDetector

from framestore.paths import (
    AutoIncrementFilenameProvider,
    AutoIncrementingPathProvider,
    DatedPathProvider,
    RunMetadata,
    StaticPathProvider,
    TemplatePathProvider,
    UUIDFilenameProvider,
)

OURS = {
    "static, uuid": lambda folder, run: StaticPathProvider(UUIDFilenameProvider(), folder),
    "static, numbers": lambda folder, run: StaticPathProvider(
        AutoIncrementFilenameProvider("scan", directory_path=folder), folder
    ),
    "numbered folders": lambda folder, run: AutoIncrementingPathProvider(UUIDFilenameProvider(), folder),
    "days": lambda folder, run: DatedPathProvider(UUIDFilenameProvider(), folder),
    "template": lambda folder, run: TemplatePathProvider(folder, "{scan_id:05d}_{datakey_name}", run.get),
    "template of folders": lambda folder, run: TemplatePathProvider(folder / "{today:%Y}", "{scan_id}", run.get),
}
THEIRS = {
    "static, uuid": lambda folder: oa.StaticPathProvider(oa.UUIDFilenameProvider(), folder),
    "static, numbers": lambda folder: oa.StaticPathProvider(oa.AutoIncrementFilenameProvider("scan"), folder),
    "numbered folders": lambda folder: oa.AutoIncrementingPathProvider(oa.UUIDFilenameProvider(), folder),
    "days": lambda folder: oa.YMDPathProvider(oa.UUIDFilenameProvider(), folder, create_dir_depth=-4),
    "highest number": lambda folder: oa.AutoMaxIncrementingPathProvider(
        oa.StaticPathProvider(oa.StaticFilenameProvider("scan"), folder)
    ),
    "highest number of days": lambda folder: oa.AutoMaxIncrementingPathProvider(
        oa.StaticPathProvider(oa.StaticFilenameProvider("scan"), folder), dated=True
    ),
    "as a string": lambda folder: oa.StaticPathProvider(oa.UUIDFilenameProvider(), str(folder)),
    "elsewhere": lambda folder: oa.StaticPathProvider(oa.UUIDFilenameProvider(), folder, f"file://localhost{folder}"),
}


@pytest.mark.parametrize("kind", ["hdf5", "jpeg"])
@pytest.mark.parametrize("theirs", THEIRS.values(), ids=THEIRS)
def test_theirs_in_our_camera(run_engine, make_camera, documents, tmp_path, theirs, kind):
    frame = np.full((8, 16), 90, "uint8")
    camera = make_camera(lambda: frame, path_provider=theirs(tmp_path), format=kind, name="camera")
    for _ in range(2):
        run_engine(bp.count([camera], 2), documents)
    assert len({resource["uri"] for resource in documents.of("stream_resource")}) == 2 or kind == "jpeg"
    for run in documents.by_run():
        frames = framestore_handlers.load(run)["primary"]["camera_image"].compute()
        np.testing.assert_allclose(frames, np.full((2, 1, 8, 16), 90), atol=1)


@pytest.mark.parametrize("ours", OURS.values(), ids=OURS)
def test_ours_in_their_detector(run_engine, documents, tmp_path, ours):
    run = RunMetadata()
    run_engine.subscribe(run)
    provider = ours(tmp_path, run)

    def made(datakey_name=None):
        info = provider(datakey_name)
        info.directory_path.mkdir(parents=True, exist_ok=True)  # as an IOC does; this detector does not
        return info

    pattern = PatternGenerator()
    pattern._period = 0
    with init_devices():
        blob = SimBlobDetector(made, pattern)
    for _ in range(2):
        run_engine(bp.count([blob], 2), documents)
    uris = {resource["uri"] for resource in documents.of("stream_resource")}
    assert len(uris) == 2
    assert all(uri.startswith(f"file://localhost{tmp_path}/") for uri in uris)
    for one in documents.by_run():
        assert framestore_handlers.load(one)["primary"]["blob"].compute().shape == (2, 1, 240, 320)
