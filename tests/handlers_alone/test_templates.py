"""Names of files by the templates that documents have."""

import ctypes
import re

import pytest
from framestore_handlers.layout import SeriesLayout
from framestore_handlers.templates import parse, single_name
from hypothesis import given
from hypothesis import strategies as st

PRINTF = [
    "%s%s_%6.6d.tiff",
    "%s%s_%d.cbf",
    "%s%s%4.4d.spe",
    "%s%s_%5.5d.tif",
    "%s%s_%06d.cbf",
    "%s%s_%5d.tif",
    "%s%s_%6d",
    "%s%s_%-6d.tif",
    "%s%s_%.3d.png",
    "%s%s_%+d.tif",
    "%s%s_% 5d.tif",
    "%s%s_%+06d.tif",
    "%s%s_%-06d.tif",
    "%s%s_%05.3d.tif",
    "%s%s_%-8.5d.tif",
    "%s%s_%.0d.tif",
    "%s%s_%i.tif",
    "%s%s_%5.5u.tif",
    "%s%s_%3.3ld.tif",
    "%s%s_%+u.tif",
    "%s%s_% 5u.tif",
    "%s%s_%+06lu.tif",
    "%s%s_%lld.tif",
    "%s%s-1%%_%3.5d",
    "%s%s{0}_%3d.tif",
    "%ssub/%s_%03d.tif",
    "%s%simage%3.3d_{:d}.tif",
]
FORMAT = [
    "a_{:06d}.tiff",
    "{:06d}.tiff",
    "{:d}.tif",
    "{}.tif",
    "a{{b}}_{:03d}.png",
    "{0:06d}x",
    "{0}.tif",
    "{:06}.tif",
    "{:6d}.tif",
    "{:>6}.tif",
    "{:>06d}.tif",
    "{:_>6d}.tif",
    "{:<6d}.tif",
    "{:=6d}.tif",
    "{:+d}.tif",
    "{:+06d}.tif",
    "{: d}.tif",
    "{:-d}.tif",
    "100%_{:02d}",
    "50%s_{:02d}",
    "50%s_%d_{:02d}",
]
REFUSED = [
    "a.tif",
    "%s.tif",
    "%s%s.tif",
    "{}{}",
    "%d_%d",
    "%s%s_%d_%d",
    "{0.__class__}",
    "{0[0]}",
    "{:{}}",
    "{x}",
    "{1}",
    "{!r}",
    "{:!>6}}",
    "{:x}",
    "{:c}",
    "{:,d}",
    "{:_d}",
    "{:.3d}",
    "{:9>6d}",
    "{:<06d}",
    "{:^6d}",
    "%x",
    "%s%s%x",
    "%s%s_%hd",
    "%s%s_%hhd",
    "%s%s_%3hu",
    "%s%s_%hhu",
    "%s%s%s%d",
    "%s%s%5s%d",
    "%s%d%s",
    "x%s%s%d",
    "%*d",
    "%s%s%.*d",
    "%3$d",
    "%1$s%2$s%3$d",
    "%'d",
    "%#d",
    "%n",
    "%(a)d",
    "%f",
    "{:06d",
    "}{:d}",
    "%",
    "",
    "{:201d}",
    "%201d",
    "%.201d",
    "%.999999999d",
    "{:999999999999d}",
    "%s%s%99999999999999999999d",
    "%d%q",
]
LIBC = ctypes.CDLL(None)
NUMBERS = [0, 1, 7, 999, 1234567]


def printf(template, *arguments):
    """What areaDetector's C makes of a template."""
    buffer = ctypes.create_string_buffer(1000)
    encoded = (value.encode() if isinstance(value, str) else ctypes.c_longlong(value) for value in arguments)
    length = LIBC.snprintf(buffer, ctypes.c_size_t(1000), template.encode(), *encoded)
    assert 0 <= length < 1000
    return buffer.value.decode()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("template", PRINTF)
def test_printf_templates_mean_what_areadetector_makes_of_them(template, number):
    assert f"/data/{parse(template, 'scan').name(number)}" == printf(template, "/data/", "scan", number)


@given(
    st.text("-+ 0", max_size=4),
    st.one_of(st.just(""), st.integers(1, 30).map(str)),
    st.one_of(st.just(""), st.just("."), st.integers(0, 30).map(".{}".format)),
    st.sampled_from(["d", "i", "u", "ld", "li", "lu", "lld", "llu"]),
    st.integers(0, 2**31 - 1),
)
def test_every_number_in_c_s_notation(flags, width, digits, kind, number):
    template = f"%s%s_%{flags}{width}{digits}{kind}.tif"
    assert parse(template, "a").name(number) == printf(template, "", "a", number)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("template", FORMAT)
def test_format_templates_mean_what_tiled_makes_of_them(template, number):
    assert parse(template).name(number) == template.format(number)


@given(
    st.one_of(st.just(""), st.sampled_from([">", "<", "="]).flatmap(lambda a: st.sampled_from([a, f"_{a}", f" {a}"]))),
    st.sampled_from(["", "+", "-", " "]),
    st.one_of(st.just(""), st.integers(1, 30).map(str), st.integers(1, 30).map("0{}".format)),
    st.sampled_from(["", "d"]),
    st.integers(0, 2**63),
)
def test_every_number_in_python_s_notation(align, sign, width, kind, number):
    template = f"a_{{:{align}{sign}{width}{kind}}}.tif"
    try:
        name = parse(template).name(number)
    except ValueError:
        assert "<" in align
        assert width.startswith("0")
        return
    assert name == template.format(number)


def test_a_precision_wins_over_zeros_as_in_c_not_as_in_python():
    template = "%s%s_%05.3d"
    assert parse(template, "a").name(7) == "a_  007" != template % ("", "a", 7)


def test_a_single_name_is_the_file_s():
    assert parse("%s_%d.npy", "scan").name(3) == "scan_3.npy"


@pytest.mark.parametrize(
    ("template", "filename", "name"),
    [
        ("%s/%s_%03d", "scan", "scan_007"),
        ("%s\\%s_%03d", "scan", "scan_007"),
        ("%s%s_%03d", "\\scan", "\\scan_007"),
        ("%s%s_%03d", "/scan", "scan_007"),
        ("/scan_{:03d}", "", "scan_007"),
        ("%s/%s/%03d.tif", "scan", "scan/007.tif"),
        ("%s%s_%03d", "100%", "100%_007"),
        ("%s%s_%03d", "%d{}", "%d{}_007"),
        ("%s%s_%03d", "%s%d", "%s%d_007"),
        ("%s%s_%03d", "{:d}", "{:d}_007"),
    ],
)
def test_folders_and_names_of_every_kind(template, filename, name):
    """A name that began with a slash would be another folder's."""
    assert parse(template, filename).name(7) == name


@pytest.mark.parametrize("template", REFUSED)
def test_what_is_no_template_of_a_series_is_refused(template):
    with pytest.raises(ValueError, match=re.escape(f"template {template!r} is refused")):
        parse(template, "a")


@pytest.mark.parametrize(
    ("template", "name"),
    [("%s%s.tiff", "scan.tiff"), ("%s/%s", "scan"), ("image.tif", "image.tif"), ("%s%s_%d", None), ("a_{:d}", None)],
)
def test_a_template_without_a_number_names_one_file(template, name):
    assert single_name(template, "scan") == name


names = st.text(st.characters(blacklist_characters="/\0%", blacklist_categories=["Cs"]), max_size=30)


@given(names, st.integers(0, 10**9))
def test_both_templates_of_a_layout_name_the_same_files(name, number):
    layout = SeriesLayout(name="a", spec="A", mimetype="a", suffix=".jpg")
    streamed = parse(layout.parameters(name, 1, (2, 2))["template"])
    kwargs = layout.resource_kwargs(name, 1)
    assert (
        streamed.name(number)
        == parse(kwargs["template"], kwargs["filename"]).name(number)
        == f"{name}_{number:06d}.jpg"
    )
    assert streamed == parse(layout.file_name(name))
    assert streamed.matches(streamed.name(number))


@given(st.one_of(st.text(max_size=40), st.text("%s{}:0d6.-+<>_5i/$*!", max_size=20)))
def test_any_text_is_parsed_or_refused(template):
    try:
        name = parse(template).name(5)
    except ValueError as error:
        assert f"template {template!r} is refused" in str(error)  # noqa: PT017 - most texts are refused, not all
        return
    assert "5" in name
    assert not name.startswith("/")


@pytest.mark.parametrize(
    "name", ["a_1.jpg", "a_.jpg", "a_00000x.jpg", "b_000001.jpg", "a_000001.jpg~", "a_000001.png", "a.jpg"]
)
def test_other_files_do_not_match(name):
    assert parse("a_{:06d}.jpg").matches(name) == (name == "a_1.jpg")
