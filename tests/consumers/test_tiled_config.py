"""What ``tiled-config`` prints is what Tiled takes. That a server serves by it, other tests show."""

import pytest
import yaml
from click.testing import CliRunner
from framestore_handlers.cli import main
from tiled.config import parse_configs
from tiled.utils import import_object

import framestore.formats

ODD = "with space: and \"quotes\", #1 'ü'"


def printed(*options):
    result = CliRunner().invoke(main, ["tiled-config", *map(str, options)], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture
def tree(tmp_path):
    """The tree that a configuration has, as Tiled takes it."""

    def tree(*options):
        code, text = printed(*options)
        assert code == 0
        (tmp_path / "tiled.yml").write_text(text)
        (tree,) = parse_configs(tmp_path / "tiled.yml").trees
        return tree.args

    return tree


def test_folders_are_named_whole_whatever_their_names(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = tree("--readable-storage", "data", "--readable-storage", f"/{ODD}")
    assert arguments["readable_storage"] == [str(tmp_path / "data"), f"/{ODD}"]
    assert arguments["uri"] == f"sqlite:///{tmp_path}/catalog.db"
    assert arguments["writable_storage"] == [str(tmp_path / "arrays"), f"duckdb:///{tmp_path}/tables.duckdb"]


def test_the_servers_own_files_and_its_database(tree, tmp_path):
    database = "postgresql://user:a%20word@host/name"
    arguments = tree("--readable-storage", "/data", "--directory", tmp_path / ODD, "--database", database)
    assert arguments["uri"] == database
    assert arguments["writable_storage"][0] == str(tmp_path / ODD / "arrays")


def test_every_format_has_an_adapter(tree):
    adapters = tree("--readable-storage", "/data")["adapters_by_mimetype"]
    formats = [framestore.formats.chosen(name).layout.mimetype for name in framestore.formats.FORMATS]
    assert sorted(adapters) == sorted(formats)
    for adapter in adapters.values():
        assert callable(import_object(adapter).from_catalog)


def test_what_is_commented_out_is_taken_too(tmp_path):
    _, text = printed("--readable-storage", "/data")
    _, commented = text.split("documents, too:\n")
    exporters = yaml.safe_load("\n".join(line.removeprefix("# ") for line in commented.splitlines()))
    for exporter in exporters["media_types"]["BlueskyRun"].values():
        assert callable(import_object(exporter))


def test_a_folder_to_read_is_asked_for():
    code, text = printed()
    assert code == 2
    assert "--readable-storage" in text
