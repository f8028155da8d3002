"""What the doctor says of camera SDKs: made-up ones, which do what such libraries do."""

import os
import sys

import pytest

from framestore.cli.doctor.report import Report
from framestore.cli.doctor.simulators import attempt, examine
from framestore.cli.doctor.simulators.examination import producers

PYLON = """
import os, numpy as np
class Result:
    Array = np.arange(12, dtype="uint8").reshape(3, 4)
    def __enter__(self): return self
    def __exit__(self, *_): pass
class Device:
    def __init__(self, kind): self.kind = kind
    def GetDeviceClass(self): return self.kind
class TlFactory:
    GetInstance = classmethod(lambda cls: cls())
    def EnumerateDevices(self):
        emulated = [Device("BaslerCamEmu")] * int(os.environ["PYLON_CAMEMU"])
        return [Device("BaslerGigE"), *emulated]
    def CreateDevice(self, device):
        assert device.kind == "BaslerCamEmu", "a real camera was touched"
        return device
class InstantCamera:
    def __init__(self, device): pass
    def Open(self): print("pylon says hello")
    def GrabOne(self, patience): return Result()
    def Close(self): pass
"""
CORE = """
import numpy as np
class CMMCore:
    def setDeviceAdapterSearchPaths(self, paths): self.paths = paths
    def loadDevice(self, *names):
        if not getattr(self, "paths", None): raise RuntimeError("Failed to load device adapter")
    def getAPIVersionInfo(self): return "Device API version 75, Module API version 10"
    def initializeDevice(self, name): pass
    def setCameraDevice(self, name): pass
    def snapImage(self): pass
    def getImage(self): return np.zeros((5, 6), "uint16")
"""
ADAPTERS = "def device_adapter_path(): return '/adapters'"
HARVESTERS = """
import contextlib, numpy as np
from types import SimpleNamespace as Some
class Harvester:
    def add_file(self, path): assert path.endswith("viky.cti")
    def update(self): pass
    def reset(self): pass
    def create(self, number): return contextlib.nullcontext(self)
    def start(self): pass
    def fetch(self, timeout):
        image = Some(height=2, width=3, data=np.zeros(6, "uint8"))
        return contextlib.nullcontext(Some(payload=Some(components=[image])))
"""
CV2 = """
class VideoWriter:
    fourcc = staticmethod(lambda *letters: 0)
    def __init__(self, *_): pass
    def write(self, picture): VideoCapture.picture = picture
    def release(self): pass
class VideoCapture:
    picture = None
    def __init__(self, *_): pass
    def read(self): return True, self.picture
    def release(self): pass
"""


@pytest.fixture
def install(site, monkeypatch):
    """Installs a distribution with these modules, for this process' children."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site.folder), *sys.path]))
    monkeypatch.setenv("GENICAM_GENTL64_PATH", "")

    def install(name, version, **modules):
        site.add(name, version)
        for module, text in modules.items():
            path = site.folder / (module.replace("__", "/") + ".py")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return install


@pytest.fixture
def look(site):
    """Findings, as a program gets them."""

    def look():
        report = Report(prints=False)
        report.section("camera simulators")
        examine(site.installed, report)
        return [(each["level"], each["what"], each["advice"]) for each in report.told()["findings"]]

    return look


def test_none_is_installed(look):
    ((level, what, advice),) = look()
    assert (level, what) == ("ok", "not installed: Basler pylon, Micro-Manager, GenICam, OpenCV")
    assert {"pip install pypylon", "pip install opencv-python-headless"} <= set(advice.splitlines())


@pytest.fixture
def install_genicam(install, site):
    install("harvesters", "1.4.3", harvesters__core=HARVESTERS)
    install("genicam", "1.6")
    folder = site.folder / "genicam"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "viky.cti").touch()
    return folder / "viky.cti"


def test_each_gives_a_frame(install, install_genicam, look):
    install("pypylon", "26.9", pypylon__pylon=PYLON)
    install("pymmcore", "12.5.1.75.0", pymmcore=CORE)
    install("mm-test-adapters", "75.1", mm_test_adapters=ADAPTERS)
    install("opencv-python", "5.0", cv2=CV2)
    assert [what for level, what, _ in look() if level == "ok"] == [
        "pypylon 26.9: camera emulation of Basler pylon gives frames of 3 x 4 uint8",
        "pymmcore 12.5.1.75.0: DemoCamera of Micro-Manager gives frames of 5 x 6 uint16",
        "harvesters 1.4.3: producer viky of GenICam gives frames of 2 x 3 x 1 uint8",
        "opencv-python 5.0: video file of OpenCV gives frames of 48 x 64 x 3 uint8",
    ]


def test_core_without_adapters(install, look):
    install("pymmcore", "12.5.1.75.0", pymmcore=CORE)
    level, what, advice = look()[0]
    assert level == "note"
    assert "no adapter of it fits this core, whose device interface is 75: Failed to load device adapter" in what
    assert "pip install --upgrade 'mm-test-adapters==75.*'" in advice.splitlines()


def test_genicam_without_its_producer(install_genicam, look):
    install_genicam.unlink()
    ((level, what, _),) = [each for each in look() if each[1].startswith("harvesters")]
    assert level == "note"
    assert "the package genicam has no producer viky.cti" in what


def test_video_that_cannot_be_read(install, look):
    install("opencv-python", "5.0", cv2=CV2.replace("True, self.picture", "False, None"))
    ((level, what, _),) = [each for each in look() if each[1].startswith("opencv")]
    assert level == "note"
    assert what.endswith("gives no frame: a video that it wrote cannot be read")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ImportError('libpylon.so: cannot open')", "ImportError: libpylon.so: cannot open"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it crashed by SIGSEGV"),
        ("import os; os._exit(7)", "exit status 7"),
        ("import threading; threading.Event().wait()", "no answer within 2 s"),
        ("", "AttributeError: module 'pypylon.pylon' has no attribute 'TlFactory'"),
    ],
)
def test_a_library_that_fails_is_a_problem(install, look, monkeypatch, text, reason):
    monkeypatch.setattr(attempt, "PATIENCE", 2.0 if "wait" in text else 60.0)
    install("pypylon", "26.9", pypylon__pylon=text)
    level, what, advice = look()[0]
    assert level == "problem"
    assert what == f"pypylon 26.9: camera emulation of Basler pylon gives no frame: {reason}"
    assert advice == "pip install --upgrade --force-reinstall pypylon"


def test_folders_of_producers(install, site, tmp_path):
    install("harvesters", "1.4.3")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/camera.cti").touch()
    named = os.pathsep.join(map(str, (tmp_path / "vendor", tmp_path, tmp_path / "gone")))
    found = [(finding.level, finding.what) for finding in producers(named, site.installed)]
    assert found == [
        ("ok", f"GENICAM_GENTL64_PATH names {tmp_path}/vendor: camera.cti"),
        ("note", f"GENICAM_GENTL64_PATH names {tmp_path}, which has no .cti"),
        ("note", f"GENICAM_GENTL64_PATH names {tmp_path}/gone, which is not there"),
    ]
