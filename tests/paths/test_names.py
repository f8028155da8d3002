"""Which names are refused, and that the others can be written, read back and named by documents everywhere."""

import ntpath
import re
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import urlparse

import bluesky.plans as bp
import framestore_handlers
import numpy as np
import pytest
from framestore_handlers.access import uri_path
from hypothesis import assume, example, given
from hypothesis import strategies as st

from framestore.paths import PathInfo, StaticPathProvider, UUIDFilenameProvider

FRAME = np.zeros((8, 16), "uint8")
HOSTILE = {
    "empty": "",
    "blank": "  ",
    "this folder": ".",
    "the folder above": "..",
    "separator": "a/b",
    "Windows separator": "a\\b",
    "up": "../../etc/passwd",
    "NUL": "a\0b",
    "new line": "a\nb",
    "escape": "\x1b[2J",
    "C1 control": "a\x85b",
    "line separator": "a\u2028b",
    "percent": "50%",
    "fragment": "a#1",
    "query": "a?",
    "300 characters": "a" * 300,
    "241 bytes": "a" * 241,
    "121 characters of two bytes": "ä" * 121,
    "lone surrogate": "a\udc80",
    "decomposed": unicodedata.normalize("NFD", "Zürich"),
    "Kelvin sign": "300\u212a",
    "no width": "scan\u200b",
    "byte order mark": "\ufeffscan",
    "right to left": "scan\u202e5h",
    "soft hyphen": "sc\u00adan",
    "device": "CON",
    "device in small letters": "nul",
    "device with suffix": "aux.2026",
    "device with a space": "com1 .x",
    "device with a superscript": "LPT\u00b2",
    "console": "conin$",
    "stream": "a:b",
    "wildcard": "a*",
    "redirection": "a>b",
    "quote": 'a"b',
    "trailing dot": "a.",
    "trailing space": "a ",
}
FINE = [
    "a",
    "a b",
    ".a",
    "-rf",
    "a.b",
    "console",
    "com10",
    "Zürich",
    "名前",
    "नमस्\u200dते",
    "👩\u200d🔬",
    "{scan}",
    "a" * 240,
    "ä" * 120,
    "$HOME",
    "~",
]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_refused(name):
    with pytest.raises(ValueError, match=r"^file name .* is refused: .*; have the path provider give") as error:
        PathInfo(directory_path=PurePosixPath("/data"), filename=name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("name", FINE)
def test_other_names_are_taken(name):
    assert PathInfo(directory_path=PurePosixPath("/data"), filename=name).filename == name


@pytest.mark.parametrize("name", [None, 7, b"a", Path("a")])
def test_what_is_no_string_is_no_name(name):
    with pytest.raises(
        TypeError, match=re.escape(f"file name {name!r} is refused: it is of type {type(name).__name__}")
    ):
        PathInfo(directory_path=PurePosixPath("/data"), filename=name)


def test_the_same_word_in_another_unicode_form_names_the_form_to_use():
    with pytest.raises(ValueError, match=r"form NFC.*give 'Zürich'"):
        PathInfo(directory_path=PurePosixPath("/data"), filename=unicodedata.normalize("NFD", "Zürich"))


@given(st.text(min_size=1, max_size=20))
def test_of_names_that_look_the_same_one_is_taken(name):
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")}
    assert sum(map(accepted, forms)) <= 1


NAMES = st.text(st.characters(exclude_categories=[]), max_size=20) | st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1, max_size=250
)


@given(NAMES)
@example("{0}")
@example("a;b&c=d+e~")
@example("[x]@y")
@example("a" * 240)
def test_an_accepted_name_is_that_of_a_file_and_of_its_uri(name):
    assume(accepted(name))
    with tempfile.TemporaryDirectory() as folder:
        info = PathInfo(directory_path=Path(folder), filename=name)
        path = Path(folder) / f"{name}_000001.jpg"
        path.write_text(name)
        (found,) = Path(folder).iterdir()
        assert found.name == path.name
        assert found.read_text() == name
        uri = f"{info.directory_uri}{path.name}"
        assert uri_path(uri) == path, "as framestore_handlers reads it"
        assert urlparse(uri).path == str(path), "as Tiled reads it"
    assert not reserved_on_windows(path.name)
    assert not reserved_on_windows(name)
    assert PureWindowsPath("D:/data", name).parts == ("D:\\", "data", name)


@given(NAMES)
@example(" a")
@example("a.")
@example("CON")
@example("a:b")
@example("a\\b")
@example(unicodedata.normalize("NFD", "Zürich"))
def test_an_accepted_folder_can_be_made_and_named_by_a_uri(part):
    assume(part not in {"", "."})
    with tempfile.TemporaryDirectory() as base:
        try:
            info = PathInfo(directory_path=Path(f"{base}/{part}"), filename="a")
        except ValueError:
            return
        info.directory_path.mkdir(parents=True, exist_ok="/" in part)
        assert uri_path(info.directory_uri) == info.directory_path
        assert urlparse(info.directory_uri).path == f"{info.directory_path}/"


@pytest.mark.parametrize("part", ["50%", "da#ta", "a?b", "..", "a\0b", "a\nb", "a\udc80", "a" * 256, "ä" * 128])
def test_folders_that_documents_or_file_systems_cannot_carry_are_refused_at_once(part):
    with pytest.raises(ValueError, match=r"^folder .*: its part .* is refused") as error:
        StaticPathProvider(UUIDFilenameProvider(), f"/data/{part}/c")
    assert repr(part) in str(error.value)


@pytest.mark.parametrize(
    "folder", ["D:\\data\\a:b", "D:\\nul\\a", "D:\\data.\\a", "D:\\a*", "\\\\server\\a%b\\c", "\\\\?\\D:\\data"]
)
def test_folders_that_windows_cannot_have_are_refused(folder):
    with pytest.raises(ValueError, match=r"its part .* is refused"):
        StaticPathProvider(UUIDFilenameProvider(), folder)


@pytest.mark.parametrize("part", ["a.", "con", "a:b", unicodedata.normalize("NFD", "Zürich"), "a" * 255])
def test_a_folder_that_is_there_is_not_refused_for_its_looks(tmp_path, part):
    folder = tmp_path / part
    folder.mkdir()
    assert StaticPathProvider(UUIDFilenameProvider(), folder)("a").directory_path == folder


@pytest.mark.parametrize("kind", ["hdf5", "jpeg"])
@pytest.mark.parametrize("name", ["ä" * 120, "{0} {a}", "名前;&+=~"])
def test_frames_are_found_under_names_that_are_taken(run_engine, make_camera, documents, tmp_path, kind, name):
    camera = make_camera(
        lambda: FRAME, path_provider=StaticPathProvider(lambda key=None: name, tmp_path), format=kind, name="camera"
    )
    run_engine(bp.count([camera], 2), documents)
    assert all(path.name.startswith(name) for path in tmp_path.iterdir())
    assert framestore_handlers.load(documents)["primary"]["camera_image"].compute().shape == (2, 1, 8, 16)


def accepted(name):
    try:
        PathInfo(directory_path=PurePosixPath("/data"), filename=name)
    except ValueError:
        return False
    return True


def reserved_on_windows(name):
    """By Python's own rules."""
    if hasattr(ntpath, "isreserved"):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()
