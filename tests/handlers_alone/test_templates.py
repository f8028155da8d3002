"""Names of files by the templates that documents have."""

import re

import pytest
from framestore_handlers.layout import SeriesLayout
from framestore_handlers.templates import parse
from hypothesis import given
from hypothesis import strategies as st

PRINTF = [
    "%s%s_%6.6d.tiff",
    "%s%s_%d.tif",
    "%s%s%4.4d.jpg",
    "%s%s_%06d.cbf",
    "%s%s_%5d.tif",
    "%s%s_%.3d.png",
    "%s%s-1%%_%3.5d",
]
FORMAT = [
    "a_{:06d}.tiff",
    "{:d}.tif",
    "{}.tif",
    "a{{b}}_{:03d}.png",
    "{0:06d}x",
    "{:6d}.tif",
    "100%_{:02d}",
    "50%s_{:02d}",
]
REFUSED = [
    "a.tif",
    "%s.tif",
    "{}{}",
    "%d_%d",
    "{0.__class__}",
    "{x}",
    "{1}",
    "{!r}",
    "{:>6}",
    "{:x}",
    "{:,d}",
    "%x",
    "%s%s%s%d",
    "%*d",
    "%-6d",
    "%+d",
    "%(a)d",
]


@pytest.mark.parametrize("number", [0, 7, 999, 1234567])
@pytest.mark.parametrize("template", PRINTF)
def test_printf_templates_mean_what_areadetector_s_handlers_make_of_them(template, number):
    assert parse(template, "scan").name(number) == template % ("", "scan", number)


@pytest.mark.parametrize("number", [0, 7, 999, 1234567])
@pytest.mark.parametrize("template", FORMAT)
def test_format_templates_mean_what_tiled_makes_of_them(template, number):
    assert parse(template).name(number) == template.format(number)


def test_a_single_name_is_the_file_s():
    assert parse("%s_%d.npy", "scan").name(3) == "scan_3.npy"


@pytest.mark.parametrize(
    "template", [*REFUSED, "%6.2d", "{:06d", "}{:d}", "%", "", "{:201d}", "%.999999999d", "{:999999999999d}", "%d%q"]
)
def test_what_is_no_template_of_a_series_is_refused(template):
    with pytest.raises(ValueError, match=re.escape(f"template {template!r} is refused")):
        parse(template)


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


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(template):
    try:
        name = parse(template).name(5)
    except ValueError:
        return
    assert "5" in name


@pytest.mark.parametrize(
    "name", ["a_1.jpg", "a_.jpg", "a_00000x.jpg", "b_000001.jpg", "a_000001.jpg~", "a_000001.png", "a.jpg"]
)
def test_other_files_do_not_match(name):
    assert parse("a_{:06d}.jpg").matches(name) == (name == "a_1.jpg")
