"""What classic ophyd's file plugins of areaDetector tell, by documents that its own classes make, is read back.

Records of an IOC are signals here; what it would write is written when the detector is triggered.
"""

import time

import bluesky.plans as bp
import framestore_handlers
import h5py
import numpy as np
import pytest
import tifffile
from ophyd import Component as Cpt
from ophyd import Device, Signal
from ophyd.areadetector.detectors import DetectorBase
from ophyd.areadetector.filestore_mixins import (
    FileStoreHDF5IterativeWrite,
    FileStoreTIFFIterativeWrite,
)
from ophyd.status import Status

FRAMES = np.random.default_rng(4).integers(0, 4000, (6, 5, 7)).astype("uint16")


class Size(Device):
    array_size_y = Cpt(Signal, value=5)
    array_size_x = Cpt(Signal, value=7)


class Record(Signal):
    """A record that can be asked for its text."""

    def get(self, *, as_string=False, **kwargs):
        return super().get(**kwargs)


class Cam(Device):
    num_images = Cpt(Signal, value=1)
    array_size = Cpt(Size, "")
    data_type = Cpt(Record, value="UInt16")
    data_type_disabled = Cpt(Signal, value=0)


class Records(Device):
    """What a file plugin has."""

    enable = Cpt(Signal, value=1)
    file_write_mode = Cpt(Record, value="Single")
    capture = Cpt(Signal, value=0)
    file_path = Cpt(Signal, value="")
    file_name = Cpt(Signal, value="")
    file_number = Cpt(Signal, value=0)
    file_template = Cpt(Signal, value="")
    file_path_exists = Cpt(Signal, value=1)
    num_capture = Cpt(Signal, value=0)
    create_directory = Cpt(Signal, value=0)
    auto_increment = Cpt(Signal, value="")
    auto_save = Cpt(Signal, value="")
    array_counter = Cpt(Signal, value=0)

    def path(self, number):
        folder = self.file_path.get().rstrip("/") + "/"  # an IOC puts a slash there
        return self.file_template.get() % (folder, self.file_name.get(), number)


class TIFFPlugin(Records, FileStoreTIFFIterativeWrite):
    def write(self, number):
        tifffile.imwrite(self.path(number), FRAMES[number])


class HDF5Plugin(Records, FileStoreHDF5IterativeWrite):
    def stage(self):
        self.file_number.put(0)
        super().stage()

    def write(self, number):
        with h5py.File(self._fn, "w") as file:  # `_fn`: where the documents say that it is
            file.create_dataset("entry/data/data", data=FRAMES[: number + 1], chunks=(1, 5, 7))


def detector(plugin, folder, frames, template=None):
    class Detector(DetectorBase):
        _default_configuration_attrs = ()
        cam = Cpt(Cam, "cam1:")
        file = Cpt(plugin, "FILE1:", write_path_template=str(folder), root=str(folder.parent))
        taken = 0

        def trigger(self):
            for _ in range(frames):
                self.file.write(self.taken)
                self.taken += 1
            self.generate_datum("det_image", time.time())
            status = Status()
            status.set_finished()
            return status

        def stage(self):
            staged = super().stage()
            self.taken = 0
            return staged

    det = Detector("P:", name="det")
    det.read_attrs = ["file"]
    det.file.read_attrs = []
    det.cam.num_images.put(frames)
    if template:
        det.file.stage_sigs["file_template"] = template
    return det


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize(("plugin", "template"), [(TIFFPlugin, None), (TIFFPlugin, "%s%s_%d.tif"), (HDF5Plugin, None)])
def test_plugins(run_engine, documents, tmp_path, plugin, template, frames):
    folder = tmp_path / "data"
    folder.mkdir()
    det = detector(plugin, folder, frames, template)
    run_engine(bp.count([det], 6 // frames), documents)
    resource = documents.of("resource")[0]
    assert resource["resource_kwargs"]["frame_per_point"] == frames
    assert documents.of("descriptor")[0]["data_keys"]["det_image"]["shape"] == (frames, 5, 7)
    stream = framestore_handlers.load(documents, allowed_roots=[tmp_path])["primary"]
    expected = FRAMES.reshape(-1, frames, 5, 7)
    assert stream["det_image"].dtype == np.uint16
    np.testing.assert_array_equal(stream["det_image"].compute(), expected)
    np.testing.assert_array_equal(stream.read("det_image", 1), expected[1:])
