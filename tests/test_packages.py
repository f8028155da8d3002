"""Both wheels, built and installed into empty environments, do what they are for."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import bluesky.plans as bp
import pytest
from bluesky.callbacks.json_writer import JSONLinesWriter
from ways import HDF5Way, JPEGWay

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT / "handlers", ROOT):
        subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, project], check=True)
    return {path.name.split("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def handlers_only(wheels, tmp_path_factory):
    """Python of an environment that has framestore-handlers and nothing else of ours."""
    return install(tmp_path_factory.mktemp("handlers"), wheels["framestore_handlers"])


@pytest.fixture(scope="module")
def base(wheels, tmp_path_factory):
    """Python of an environment that has both packages, without extras."""
    return install(tmp_path_factory.mktemp("base"), *wheels.values())


def install(folder, *wheels):
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wheels], check=True)
    return python


def run(python, code, *arguments, cwd):
    done = subprocess.run(
        [python, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def installed(python, cwd):
    done = subprocess.run([python, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True, cwd=cwd)
    return {package["name"].lower(): package["version"] for package in json.loads(done.stdout)}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("family", ["stream", "datum"])
@pytest.mark.parametrize("kind", [HDF5Way, JPEGWay])
def test_handlers_alone_read_a_run(handlers_only, run_engine, make_camera, numbered_source, tmp_path, kind, family):
    way = kind(numbered_source((5, 7), "uint8"))
    run_engine.subscribe(JSONLinesWriter(str(tmp_path), "run.jsonl"))
    run_engine(bp.count([make_camera(way.source, **way.settings, documents=family)], 3))
    code = """
import sys, framestore_handlers
array = framestore_handlers.load(sys.argv[1])["primary"]["camera_image"]
print(array.shape, array.dtype, array.compute().tolist())
"""
    out = run(handlers_only, code, tmp_path / "run.jsonl", cwd=tmp_path)
    assert out.strip() == f"(3, 1, 5, 7) uint8 {[[way.expected(k).tolist()] for k in range(3)]}"
    packages = installed(handlers_only, tmp_path)
    assert "framestore-handlers" in packages
    assert not {"framestore", "bluesky", "ophyd", "ophyd-async", "tiled", "databroker"} & set(packages)


@pytest.mark.timeout(400)
def test_entry_points_are_found(handlers_only, tmp_path):
    code = """
from importlib.metadata import entry_points
for point in entry_points(group="databroker.handlers"):
    print(point.name, point.load().__name__)
"""
    found = run(handlers_only, code, cwd=tmp_path).splitlines()
    assert sorted(found) == [
        "AD_HDF5 HDF5Handler",
        "AD_TIFF TIFFHandler",
        "FRAMESTORE_JPEG JPEGHandler",
        "FRAMESTORE_PNG PNGHandler",
        "FRAMESTORE_TIFF_STACK TIFFStackHandler",
        "FRAMESTORE_ZARR ZarrHandler",
    ]


@pytest.mark.timeout(400)
def test_to_xarray_says_how_to_get_xarray(handlers_only, run_engine, make_camera, source, tmp_path):
    run_engine.subscribe(JSONLinesWriter(str(tmp_path), "run.jsonl"))
    run_engine(bp.count([make_camera(source)]))
    code = """
import sys, framestore_handlers
try:
    framestore_handlers.load(sys.argv[1])["primary"].to_xarray()
except ModuleNotFoundError as error:
    print(error)
"""
    out = run(handlers_only, code, tmp_path / "run.jsonl", cwd=tmp_path)
    assert "pip install 'framestore-handlers[xarray]'" in out


@pytest.mark.timeout(400)
def test_base_acquires_without_ophyd_and_says_how_to_get_it(base, tmp_path):
    code = """
import sys
from pathlib import Path
import framestore.paths, framestore.documents
from framestore.acquisition import Acquisition, Order
from framestore.formats import HDF5
from framestore.sources import SimulatedSource
acquisition = Acquisition(SimulatedSource((8, 9)), HDF5(), camera="cam")
acquisition.start()
acquisition.open(Path(sys.argv[1]))
order = Order(3)
acquisition.arm(order)
order.ended.wait(20)
acquisition.close()
from framestore_handlers.hdf5 import HDF5Frames
from framestore_handlers.place import Place
print(HDF5Frames(place=Place.of(Path(sys.argv[1]))).frames())
try:
    import framestore.ophyd
except ModuleNotFoundError as error:
    print(error)
"""
    out = run(base, code, tmp_path / "a.h5", cwd=tmp_path)
    assert out.splitlines()[0] == "3"
    assert "pip install 'framestore[ophyd]'" in out
    packages = installed(base, tmp_path)
    assert packages["framestore"] == packages["framestore-handlers"]
    assert not {"bluesky", "ophyd", "databroker"} & set(packages)


@pytest.mark.timeout(400)
def test_the_doctor_finds_a_base_installation_healthy(base, tmp_path):
    done = subprocess.run(
        [base.parent / "framestore", "doctor", tmp_path], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "framestore[ophyd] lacks bluesky, ophyd" in done.stdout
    assert "each of the 6 specs" in done.stdout


@pytest.mark.timeout(400)
def test_framestore_needs_handlers_of_its_own_minor_version(wheels):
    import re
    import zipfile

    from packaging.requirements import Requirement
    from packaging.version import Version

    wheel = zipfile.ZipFile(wheels["framestore"])
    (metadata,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/METADATA"))
    version = Version(re.search(r"^Version: (.*)$", metadata, re.MULTILINE)[1])
    requirements = map(Requirement, re.findall(r"^Requires-Dist: (.*)$", metadata, re.MULTILINE))
    (needed,) = (r.specifier for r in requirements if r.name == "framestore-handlers" and not r.marker)
    major, minor = version.major, version.minor
    assert needed.contains(str(version), prereleases=True)
    assert needed.contains(f"{major}.{minor}.99")
    assert not needed.contains(f"{major}.{minor + 1}.0")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("package", ["framestore", "framestore_handlers"])
def test_wheels_hold_type_marker_and_licence_and_no_tests(wheels, package):
    import zipfile

    names = zipfile.ZipFile(wheels[package]).namelist()
    assert f"{package}/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {package}
