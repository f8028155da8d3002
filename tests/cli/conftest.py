"""Distributions that are only metadata, as pip leaves them in site-packages."""

import dataclasses
import shutil

import pytest
from click.testing import CliRunner
from framestore_handlers.cli import main as handlers_main
from recorded import record

from framestore.cli import main
from framestore.cli.doctor.installed import Installed

NEEDS = ["numpy>=1.26", "h5py>=3.11", "framestore-handlers<0.2,>=0.1.0.dev0"]


class Site:
    """A folder of made-up distributions."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, name, version, requires=(), extras=(), entry_points=()):
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n\n")
        points = [f"{spec} = {value}" for spec, value in dict(entry_points).items()]
        (info / "entry_points.txt").write_text("\n".join(["[databroker.handlers]", *points]) + "\n")
        return self

    @property
    def installed(self):
        return Installed(path=(str(self.folder),))


@pytest.fixture
def site(tmp_path):
    """An environment with nothing in it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return Site(folder)


@pytest.fixture
def framestore_site(site):
    """An environment with both packages, and what they need."""
    for name, version in (("numpy", "2.1.0"), ("h5py", "3.12.0"), ("pillow", "11.0.0")):
        site.add(name, version)
    site.add("framestore-handlers", "0.1.3", ["pillow>=10"])
    return site.add("framestore", "0.1.0", NEEDS)


@pytest.fixture
def doctor():
    """Call the command in this process; its exit status is that of the result."""
    return lambda *arguments, **settings: CliRunner().invoke(main, ["doctor", *map(str, arguments)], **settings)


@pytest.fixture(scope="session")
def recorded_once(tmp_path_factory):
    return record(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def recorded(recorded_once, tmp_path):
    """Two runs, and their files: a copy for this test, which the documents do not name."""
    copy = tmp_path / "copy"
    shutil.copytree(recorded_once.folder, copy)
    return dataclasses.replace(recorded_once, folder=copy)


@pytest.fixture
def moved(recorded_once, recorded):
    """The option that says so."""
    return ["--root-map", f"{recorded_once.folder}={recorded.folder}"]


@pytest.fixture(params=["framestore", "framestore-handlers"])
def command(request):
    """Call either command line in this process."""
    commands = {"framestore": main, "framestore-handlers": handlers_main}

    def call(*arguments, **settings):
        words = list(map(str, arguments))
        return CliRunner().invoke(commands[request.param], words, prog_name=request.param, **settings)

    return call
