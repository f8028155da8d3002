"""Detectors of ophyd-async without an IOC: its own classes make the documents, and what an IOC would write is written.

Signals of areaDetector's plugins need a protocol of EPICS; soft signals of the same names stand in for them.
"""

from dataclasses import dataclass, field

from ophyd_async.core import (
    DetectorAcquireLogic,
    DetectorTriggerLogic,
    Device,
    StandardDetector,
    TriggerInfo,
    soft_signal_rw,
)
from ophyd_async.epics import adcore


class Plugin(Device):
    """The records of a file plugin that data logics use; those of a PandA, and of an odin, are among them."""

    def __init__(self, frames_in_chunk=1):
        for name in ("capture", "auto_increment", "chunk_size_auto", "lazy_open", "swmr_mode", "flush_now"):
            setattr(self, name, soft_signal_rw(bool))
        for name in ("create_directory", "file_number", "num_capture", "num_captured", "flush_period"):
            setattr(self, name, soft_signal_rw(int))
        self.num_frames_chunks = soft_signal_rw(int, initial_value=frames_in_chunk)
        self.directory_exists = soft_signal_rw(int, initial_value=1)
        for name in ("file_path", "file_name", "file_template", "xml_file_name", "hdf_directory", "hdf_file_name"):
            setattr(self, name, soft_signal_rw(str))
        self.file_path_exists = soft_signal_rw(bool, initial_value=True)
        self.num_extra_dims = soft_signal_rw(int)
        self.file_write_mode = soft_signal_rw(adcore.ADFileWriteMode)
        self.enable_callbacks, self.capture_mode = soft_signal_rw(str), soft_signal_rw(str)
        super().__init__()

    async def path(self, number):
        """Where the file of that number goes, as areaDetector makes a path of its records."""
        template = await self.file_template.get_value()
        values = await self.file_path.get_value(), await self.file_name.get_value(), number
        return template % values[: template.count("%") - template.count("%%") * 2]


class Driver(Device):
    """The records of a driver that say what its frames are."""

    def __init__(self, shape, dtype, *, colour=False, attributes=""):
        sizes = (0, *shape)[-3:]
        self.sizes = [soft_signal_rw(int, initial_value=size) for size in sizes]
        kind = next(kind for kind in adcore.ADBaseDataType if kind.value.lower() == dtype)
        self.data_type = soft_signal_rw(adcore.ADBaseDataType, initial_value=kind)
        mode = adcore.ADBaseColorMode.RGB1 if colour else adcore.ADBaseColorMode.MONO
        self.color_mode = soft_signal_rw(adcore.ADBaseColorMode, initial_value=mode)
        self.nd_attributes_file = soft_signal_rw(str, initial_value=attributes)
        super().__init__()

    @property
    def description(self):
        return adcore.NDArrayDescription(
            shape_signals=self.sizes, data_type_signal=self.data_type, color_mode_signal=self.color_mode
        )


@dataclass
class Trigger(DetectorTriggerLogic):
    frames: int = 1

    async def prepare_internal(self, num, livetime, deadtime):
        self.frames = num

    async def default_trigger_info(self):
        return TriggerInfo()


@dataclass
class Acquire(DetectorAcquireLogic):
    """Takes the frames that were asked for, at once."""

    trigger: Trigger
    plugin: Plugin
    write: object
    taken: int = field(default=0)

    async def start_acquiring(self):
        for _ in range(self.trigger.frames):
            await self.write(self.taken)
            self.taken += 1
        await self.plugin.num_captured.set(self.taken)

    async def wait_for_idle(self):
        """It is, always."""

    async def ensure_stopped(self):
        """It is, always."""


class Detector(StandardDetector):
    """What a test gives it writes frame after frame."""

    def __init__(self, plugin, driver, data_logic, write, name="det"):
        self.plugin, self.driver = plugin, driver
        trigger = Trigger()
        self.add_detector_logics(trigger, Acquire(trigger, plugin, write), data_logic)
        super().__init__(name=name)
