"""The shape of the repository: one format, one name in every tree; a package alone; nothing heavy on import."""

import subprocess
import sys
from pathlib import Path

import framestore_handlers
import pytest
from framestore_handlers.registry import by_mimetype, by_spec, handler_registry

import framestore
import framestore.formats

ROOT = Path(__file__).parent.parent
FORMATS = sorted(framestore.formats.FORMATS)


def folders(path):
    return sorted(
        p.name for p in path.iterdir() if p.is_dir() and (p / "__init__.py").exists() | (p / "layout.py").exists()
    )


def test_formats_have_their_writers():
    assert folders(ROOT / "src/framestore/formats") == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_one_format_one_name_in_every_tree(name):
    assert {p.name for p in (ROOT / "src/framestore/formats" / name).glob("*.py")} >= {"settings.py", "writer.py"}
    assert {p.name for p in (ROOT / "handlers/src/framestore_handlers" / name).glob("*.py")} >= {
        "layout.py",
        "handler.py",
    }
    assert list((ROOT / "tests/formats" / name).glob("test_*.py"))
    assert (ROOT / "docs/reference/formats" / f"{name}.md").is_file()


def test_no_tree_has_a_format_that_the_others_lack():
    handlers = {p.parent.name for p in (ROOT / "handlers/src/framestore_handlers").glob("*/layout.py")}
    tests = {p.name for p in (ROOT / "tests/formats").iterdir() if p.is_dir() and not p.name.startswith("__")}
    pages = {p.stem for p in (ROOT / "docs/reference/formats").glob("*.md")}
    assert handlers == tests == pages - {"index"} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_read_where_its_layout_says(name):
    layout = framestore.formats.chosen(name).layout
    assert layout.name == name
    assert layout.spec in handler_registry
    assert layout.spec in by_spec
    assert layout.mimetype in by_mimetype


@pytest.mark.parametrize("package", [framestore, framestore_handlers])
def test_package_is_typed(package):
    assert (Path(package.__file__).parent / "py.typed").exists()


def test_entry_points_are_the_registry():
    import tomllib

    project = tomllib.loads((ROOT / "handlers/pyproject.toml").read_text())["project"]
    entry_points = project["entry-points"]["databroker.handlers"]
    import importlib

    for spec, value in entry_points.items():
        module, name = value.split(":")
        assert handler_registry[spec] is getattr(importlib.import_module(module), name)
    assert sorted(entry_points) == sorted(framestore.formats.chosen(name).layout.spec for name in FORMATS)


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("framestore_handlers", ["framestore", "ophyd", "bluesky", "dask", "pandas", "xarray", "matplotlib", "tiled"]),
        ("framestore.sources", ["ophyd", "bluesky", "h5py", "xarray", "matplotlib"]),
        ("framestore.acquisition", ["ophyd", "bluesky", "asyncio", "xarray", "matplotlib"]),
        ("framestore.callbacks", ["ophyd", "bluesky", "dask", "xarray", "matplotlib"]),
        ("framestore.ophyd", ["dask", "xarray", "matplotlib.pyplot", "tiled"]),
    ],
)
def test_import_brings_nothing_heavy(module, heavy):
    code = f"import sys, {module}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
