"""Two processes at once that write under one name, or want a folder of their own."""

import h5py
import numpy as np
import pytest
from framestore_handlers.hdf5 import LAYOUT
from PIL import Image
from processes import two_processes
from slow import slow

from framestore.paths import AutoIncrementingPathProvider

ROUNDS = 15
FRAMES = 3
ACQUIRE = """
import sys, numpy as np
from framestore.ophyd import Camera
from framestore.paths import StaticPathProvider, {provider}
folder, kind, process = sys.argv[1:]
frame = np.full((8, 16), 50 + 100 * int(process), "uint8")
name = None
camera = Camera(lambda: frame, {make}, format=kind, name="camera")
print("ready", flush=True)
for line in sys.stdin:
    name = line.strip()
    camera.stage()
    try:
        for _ in range({frames}):
            camera.trigger().wait(30)
        outcome = "won"
    except FileExistsError as error:
        outcome = "lost" if name in str(error) and "not overwritten" in str(error) else error
    except Exception as error:
        outcome = repr(error)
    camera.unstage()
    print(outcome, flush=True)
"""
STATIC = ACQUIRE.format(
    provider="PathInfo", make="StaticPathProvider(lambda datakey_name: name, folder)", frames=FRAMES
)
TEMPLATE = ACQUIRE.format(
    provider="TemplatePathProvider",
    make='TemplatePathProvider(folder + "/{name}", "{name}", lambda: {"name": name})',
    frames=FRAMES,
)
FOLDERS = """
import sys
from framestore.paths import AutoIncrementingPathProvider
provider = AutoIncrementingPathProvider(lambda key: "frames", sys.argv[1], max_digits=4, base_name="day")
print("ready", flush=True)
for line in sys.stdin:
    print(provider("camera").directory_path, flush=True)
"""


def frames_of(folder, name, kind):
    if kind == "hdf5":
        with h5py.File(folder / f"{name}.h5") as file:
            return file[LAYOUT.dataset][:].reshape(-1, 8, 16)
    return np.stack([np.asarray(Image.open(path)) for path in sorted(folder.glob(f"{name}_*.jpg"))])


@pytest.mark.parametrize("kind", ["hdf5", "jpeg"])
@pytest.mark.parametrize("provider", ["static", *slow("template")])
def test_of_two_that_want_one_name_one_gets_it_and_keeps_its_frames(tmp_path, kind, provider):
    code = STATIC if provider == "static" else TEMPLATE
    winners = []
    with two_processes(code, tmp_path, kind) as both:
        for k in range(ROUNDS):
            answers = both(f"scan_{k}")
            assert sorted(answers) == ["lost", "won"], answers
            winners.append(answers.index("won"))
    for k, winner in enumerate(winners):
        folder = tmp_path if provider == "static" else tmp_path / f"scan_{k}"
        frames = frames_of(folder, f"scan_{k}", kind)
        assert frames.shape == (FRAMES, 8, 16)
        np.testing.assert_allclose(frames, 50 + 100 * winner, atol=2)
    suffix = {"hdf5": ".h5", "jpeg": ".jpg"}[kind]
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {suffix}, "nothing else is left"


def test_two_processes_never_share_a_numbered_folder(tmp_path):
    with two_processes(FOLDERS, tmp_path) as both:
        folders = [folder for _ in range(100) for folder in both("next")]
    assert len(set(folders)) == 200
    assert sorted(folders) == sorted(map(str, tmp_path.iterdir()))
    assert sorted(folders) == [f"{tmp_path}/day_{k:04d}" for k in range(200)]


def test_a_third_one_that_comes_later_goes_on(tmp_path):
    for k in range(2):
        provider = AutoIncrementingPathProvider(lambda key: "frames", tmp_path, base_name="day")
        assert provider("camera").directory_path == tmp_path / f"day_{k:05d}"
