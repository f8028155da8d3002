"""Folders and names that are made of metadata."""

import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framestore.paths import SettledFolder, TemplatePathProvider

TODAY = date(2026, 11, 21)
METADATA = {
    "uid": "bd8a1c55-0000",
    "scan_id": 7,
    "proposal": "in-1234",
    "sample": {"name": "Ag", "size": [0.5, 2]},
    "user name": "Ana",
}


def provider_of(filename, folder="/data", metadata=METADATA, **settings):
    return TemplatePathProvider(folder, filename, lambda: metadata, today=lambda: TODAY, **settings)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("plain", "plain"),
        ("{scan_id}", "7"),
        ("{scan_id:05d}_{sample[name]}", "00007_Ag"),
        ("{sample[size][1]}um", "2um"),
        ("{sample[size][0]:.2f}", "0.50"),
        ("{uid:.8}", "bd8a1c55"),
        ("{user name}", "Ana"),
        ("{datakey_name}", "camera_image"),
        ("{today}", "2026-11-21"),
        ("{today:%d %B}", f"{TODAY:%d %B}"),
        ("{{{scan_id}}}", "{7}"),
        ("{proposal:_>10}", "___in-1234"),
    ],
)
def test_a_name_is_what_str_format_makes(template, name):
    assert provider_of(template)("camera_image").filename == name
    assert template.format(**METADATA, datakey_name="camera_image", today=TODAY) == name


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("/data", PurePosixPath("/data")),
        ("/data/{proposal}/{today:%Y/%m/%d}", PurePosixPath("/data/in-1234/2026/11/21")),
        ("/data/x{proposal}y/{scan_id}", PurePosixPath("/data/xin-1234y/7")),
        ("/{proposal}", PurePosixPath("/in-1234")),
        ("D:\\data\\{proposal}", PureWindowsPath("D:/data/in-1234")),
        ("D:/data/{today:%Y/%m}/{proposal}", PureWindowsPath("D:/data/2026/11/in-1234")),
        (PureWindowsPath("D:/data/{proposal}"), PureWindowsPath("D:/data/in-1234")),
        (PurePosixPath("/data/{today:%Y/%m}"), PurePosixPath("/data/2026/11")),
    ],
)
def test_folders(template, folder):
    assert provider_of("a", template)("camera").directory_path == folder


def test_others_see_it_elsewhere():
    provider = provider_of("a", "D:/data/{proposal}/{today:%Y}", directory_uri="file://server/x/{proposal}/{today:%Y}")
    assert provider("camera").directory_uri == "file://server/x/in-1234/2026/"
    assert provider_of("a", "D:/data/{proposal}")("camera").directory_uri == "file://localhost/D:/data/in-1234/"


@pytest.mark.parametrize("value", [7, 7.5, True, "a", np.int64(7), np.float32(0.5), np.str_("a"), date(2026, 1, 1)])
def test_values_of_names(value):
    assert provider_of("{value}", metadata={"value": value})("camera").filename == f"{value}"


BAD_VALUES = ["", " ", ".", "..", "a/b", "a\\b", "../x", "a\0", "50%", "a#", "a?", "a:b", "a\nb", "\udc80"]
BAD_TYPES = [None, {"a": 1}, [1], b"a", object(), datetime(2026, 11, 21, 10, 30, tzinfo=UTC)]


@pytest.mark.parametrize("value", BAD_VALUES + BAD_TYPES)
@pytest.mark.parametrize("where", ["folder", "name", "uri"])
def test_a_value_that_makes_no_name_is_refused(value, where):
    template = "{sample[name]}_x"
    provider = provider_of(
        template if where == "name" else "a",
        f"/data/{template}" if where == "folder" else "/data",
        {"sample": {"name": value}},
        directory_uri=f"file://localhost/{template}" if where == "uri" else None,
    )
    with pytest.raises(ValueError, match=r"field 'sample\[name\]' of the template .* is refused") as error:
        provider("camera")
    assert repr(value) in str(error.value) or repr(str(value)) in str(error.value)


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_the_value_the_file_stays_in_its_folder(value):
    provider = provider_of("{value}", "/data/{value}", {"value": value})
    try:
        info = provider("camera")
    except ValueError:
        return
    assert info.directory_path.parent == PurePosixPath("/data")
    assert (info.directory_path / f"{info.filename}.h5").parts == ("/", "data", value, f"{value}.h5")


@pytest.mark.parametrize(
    ("folder", "metadata"),
    [
        ("/data/{a}", {"a": "con"}),
        ("/data/{a}", {"a": "x" * 241}),
        ("/data/{a}", {"a": "a."}),
        ("/data/x.{a}", {"a": unicodedata.normalize("NFD", "é")}),
        ("/data/e{a}", {"a": "\u0301"}),
    ],
)
def test_a_folder_that_is_made_of_values_is_held_to_the_rules_of_names(folder, metadata):
    with pytest.raises(ValueError, match=r"template '/data/.*': its part .* is refused"):
        provider_of("a", folder, metadata)("camera")


def test_the_site_s_own_folder_is_not(tmp_path):
    odd = tmp_path / unicodedata.normalize("NFD", "é.")
    assert provider_of("a", odd / "{scan_id}")("camera").directory_path == odd / "7"
    assert provider_of("a", odd)("camera").directory_path == odd


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{scan_id.__class__}", "{scan_id.__class__} is not the name of a value"),
        ("{sample['name']}", "has quotation marks around name, which need none"),
        ("{sample[name].x}", "is not the name"),
        ("{sample[name]!r}", "has the conversion '!r'"),
        ("{scan_id!s}", "has the conversion"),
        ("{}", "{} is not the name"),
        ("{0}", "is not the name"),
        ("{sample[]}", "is not the name|Empty attribute"),
        ("{scan_id:{width}}", "has a field in it"),
        ("{scan_id:0201d}", "is wider than 200"),
        ("{scan_id:.999999999f}", "is wider than 200"),
        ("{today:%300Y}", "is wider than 200"),
        ("{scan_id", "expected '}'"),
        ("scan_id}", "Single '}'"),
        ("{sample[name}", "expected|Missing"),
    ],
)
@pytest.mark.parametrize("where", ["folder", "name", "uri"])
def test_a_template_that_does_more_than_look_up_and_format_is_refused_at_once(template, reason, where):
    with pytest.raises(ValueError, match="is refused") as error:
        provider_of(
            template if where == "name" else "a",
            f"/data/{template}" if where == "folder" else "/data",
            directory_uri=f"file://localhost/{template}" if where == "uri" else None,
        )
    assert re.search(reason, str(error.value))
    assert template in str(error.value)


@pytest.mark.parametrize("name", ["{scan_id}/a", "a?{scan_id}", "{scan_id}.", "{today:%Y/%m}", "", "a" * 241])
def test_a_template_that_makes_no_name_is_refused_at_once(name):
    with pytest.raises(ValueError, match=r"the file name .* is refused: .*; change the template"):
        provider_of(name)


@pytest.mark.parametrize("folder", ["data/{scan_id}", "{scan_id}/a", "/data/../{scan_id}", "/data/{today:%Y/../..}"])
def test_a_template_that_makes_no_folder_is_refused_at_once(folder):
    with pytest.raises(ValueError, match=r"must be absolute|'\.\.' is refused"):
        provider_of("a", folder)


@pytest.mark.parametrize("uri", ["/mnt/{scan_id}", "file://localhost/my%20data/{scan_id}"])
def test_a_template_that_makes_no_uri_is_refused_at_once(uri):
    with pytest.raises(ValueError, match="directory_uri .* is refused"):
        provider_of("a", directory_uri=uri)


@pytest.mark.parametrize("template", [None, 7, b"{scan_id}"])
def test_a_template_that_is_no_string(template):
    with pytest.raises(TypeError, match="the template of the file name must be a string"):
        provider_of(template)


@pytest.mark.parametrize("metadata", [METADATA, None])
def test_metadata_that_cannot_be_called(metadata):
    with pytest.raises(TypeError, match=r"metadata must be a function .* such as RunMetadata\(\)\.get, not"):
        TemplatePathProvider("/data", "{scan_id}", metadata)


@pytest.mark.parametrize(
    ("template", "missing", "there"),
    [
        ("{proposl}", "'proposl'", "uid, scan_id, proposal, sample, user name, today"),
        ("{sample[nam]}", "'nam'", "name, size"),
        ("{sample[size][2]}", "2", r"\[0.5, 2\]"),
        ("{proposal[name]}", "'name'", "'in-1234'"),
        ("{datakey_name}", "'datakey_name'", "today"),
    ],
)
def test_what_is_missing_is_named(template, missing, there):
    provider = provider_of(template)
    with pytest.raises(KeyError, match=f"no {missing} in: {there}; give it to the run, as in RE"):
        provider()


@pytest.mark.parametrize(("template", "value"), [("{scan_id:d}", "a"), ("{scan_id:q}", 7)])
def test_a_value_that_does_not_fit_its_format(template, value):
    provider = provider_of(template, metadata={"scan_id": value})
    with pytest.raises(ValueError, match=r"field 'scan_id' of .* does not fit the format .*; change the template or"):
        provider("camera")


def test_names_that_were_given_before_are_numbered():
    metadata = {"sample": "Ag"}
    provider = provider_of("{sample}", metadata=metadata)
    assert [provider(key).filename for key in ("a", "b", "a")] == ["Ag", "Ag_1", "Ag_2"]
    metadata["sample"] = "Ag_1"
    assert [provider("a").filename for _ in range(2)] == ["Ag_1_1", "Ag_1_2"]
    metadata["sample"] = "Ag_3"
    assert provider("a").filename == "Ag_3"
    metadata["sample"] = "Ag"
    assert [provider("a").filename for _ in range(2)] == ["Ag_4", "Ag_5"]


def test_names_of_other_folders_are_others():
    provider = provider_of("frames", "/data/{datakey_name}")
    infos = [provider(key) for key in ("a", "b", "a")]
    assert [(info.directory_path.name, info.filename) for info in infos] == [
        ("a", "frames"),
        ("b", "frames"),
        ("a", "frames_1"),
    ]


def test_metadata_is_asked_for_only_where_a_field_needs_it():
    provider = TemplatePathProvider("/data/{today:%Y}", "{datakey_name}", lambda: pytest.fail("asked"))
    assert provider("camera").filename == "camera"


def test_a_folder_without_a_field_is_checked_at_stage(make_camera, source, tmp_path):
    (tmp_path / "file").touch()
    provider = provider_of("{scan_id}", tmp_path / "file")
    assert isinstance(provider, SettledFolder)
    with pytest.raises(NotADirectoryError):
        make_camera(source, path_provider=provider).stage()


def test_a_folder_with_a_field_is_known_at_the_first_trigger(make_camera, source, tmp_path):
    provider = provider_of("{scan_id}", tmp_path / "{proposal}", create_dir_depth=-1)
    assert not isinstance(provider, SettledFolder)
    camera = make_camera(source, path_provider=provider)
    camera.stage()
    assert not list(tmp_path.iterdir())
    camera.trigger().wait(10)
    camera.unstage()
    assert (tmp_path / "in-1234" / "7.h5").is_file()


def test_a_file_of_another_session_is_not_overwritten(make_camera, source, tmp_path):
    (tmp_path / "7.h5").write_bytes(b"theirs")
    camera = make_camera(source, path_provider=provider_of("{scan_id}", tmp_path))
    camera.stage()
    with pytest.raises(FileExistsError, match=r"7\.h5 exists already and is not overwritten"):
        camera.trigger().wait(10)
    assert (tmp_path / "7.h5").read_bytes() == b"theirs"
