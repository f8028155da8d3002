"""Micro-Manager's core, by pymmcore or pymmcore-plus: its DemoCamera."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .simulator import Simulator

MICROMANAGER = Simulator(
    module=__name__,
    vendor="Micro-Manager",
    packages=("pymmcore", "pymmcore-plus"),
    install="pymmcore-plus mm-test-adapters",
    name="DemoCamera",
    advice="its adapters come by pip, in a version that begins with the number of the device interface, such as 75:\n"
    "pip install --upgrade 'mm-test-adapters==75.*'\n"
    "or, with pymmcore-plus, as a build of Micro-Manager:\nmmcore install",
)


def frame() -> Any:
    """A frame of the DemoCamera, with the adapters that are found."""
    core = _core()
    try:
        core.loadDevice("Camera", "DemoCamera", "DCam")
    except RuntimeError as error:
        interface = core.getAPIVersionInfo().partition(",")[0].rpartition(" ")[2]
        msg = f"no adapter of it fits this core, whose device interface is {interface}: {error}"
        raise LookupError(msg) from error
    core.initializeDevice("Camera")
    core.setCameraDevice("Camera")
    core.snapImage()
    return core.getImage()


def _core() -> Any:
    """A core that knows where adapters are: pymmcore-plus looks for them itself."""
    if find_spec("pymmcore_plus"):
        return import_module("pymmcore_plus").CMMCorePlus()
    core = import_module("pymmcore").CMMCore()
    if find_spec("mm_test_adapters"):
        core.setDeviceAdapterSearchPaths([str(import_module("mm_test_adapters").device_adapter_path())])
    return core
