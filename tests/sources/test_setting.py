"""What a source may say of a setting, and what it may be set to."""

import enum
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framestore import Setting
from framestore.setting import has_settings, settings_of
from framestore.sources import CallableSource, SavingSource


def setting_of(value, **kwargs):
    return Setting(get=lambda: value, set=print, **kwargs)


class Colour(enum.Enum):
    RED = "red"


class Word(enum.StrEnum):
    RED = "red"


async def fetch(*_):
    """What nobody would await."""


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"get": 1.0}, TypeError, "get and set of a setting must be functions, not 1.0"),
        ({"set": None}, TypeError, "must be functions"),
        ({"set": fetch}, TypeError, "must be plain functions; nobody awaits"),
        ({"get": fetch}, TypeError, "must be plain functions; nobody awaits"),
        ({"units": None}, TypeError, "units of a setting must be a string"),
        ({"limits": (1,)}, TypeError, "two numbers"),
        ({"limits": [0, 1]}, TypeError, "must be a tuple of two numbers"),
        ({"limits": ("0", "1")}, TypeError, "two numbers"),
        ({"limits": (False, True)}, TypeError, "two numbers"),
        ({"limits": (2, 1)}, ValueError, r"allow some; got \(2, 1\)"),
        ({"limits": (math.nan, 1)}, ValueError, "allow some"),
        ({"limits": (math.inf, math.inf)}, ValueError, "allow some"),
        ({"choices": ()}, ValueError, "at least one, each once"),
        ({"choices": ("a", "a")}, ValueError, "at least one, each once"),
        ({"choices": "ab"}, TypeError, "must be a tuple of strings"),
        ({"choices": (1, 2)}, TypeError, "must be a tuple of strings"),
        ({"choices": ("a",), "limits": (0, 1)}, ValueError, "limits or choices, not both"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, error, message):
    with pytest.raises(error, match=message):
        Setting(**{"get": lambda: 1.0, "set": print, **fields})


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (setting_of(2.5), 2.5),
        (setting_of(2), 2),
        (setting_of(2, limits=(0, 10)), 2),
        (setting_of(2, limits=(0.5, 10)), 2.0),
        (setting_of(2, limits=(np.float32(0.5), np.float32(10))), 2.0),
        (setting_of(2, limits=(np.uint8(0), np.uint8(10))), 2),
        (setting_of(2, limits=(Fraction(1, 2), 10)), 2.0),
        (setting_of(np.array(2.5)), 2.5),
        (setting_of(2, limits=(0, math.inf)), 2.0),
        (setting_of(np.float32(0.5)), 0.5),
        (setting_of(np.uint16(7)), 7),
        (setting_of(np.array([True])[0]), True),
        (setting_of(np.str_("a")), "a"),
        (setting_of(Word.RED), "red"),
    ],
)
def test_it_is_read_as_a_plain_value(setting, expected):
    value = setting.read()
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (setting_of(None), "gain must be a number, a bool or a string; its get returned None"),
        (setting_of(Colour.RED), "gain must be a number"),
        (setting_of(np.zeros(2)), "gain must be a number"),
        (setting_of(1j), "gain must be a number"),
        (setting_of("low", limits=(0, 1)), "gain has limits, so it must be a number"),
        (setting_of(np.array([True])[0], limits=(0, 1)), "gain has limits, so it must be a number"),
        (setting_of(1, choices=("a",)), "gain has choices, so it must be a string"),
    ],
)
def test_what_is_read_but_is_no_value_is_refused(setting, message):
    with pytest.raises(TypeError, match=message):
        setting.read("gain")


@given(st.floats() | st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1e6))
def test_limits_allow_what_is_between_them_and_their_ends(value, low, span):
    setting = setting_of(low, limits=(low, low + span))
    assert setting.allows(low)
    assert setting.allows(low + span)
    assert setting.allows(value) == (low <= value <= low + span)


@given(st.floats() | st.integers() | st.booleans() | st.text() | st.none(), st.sampled_from([1.5, 3, True, "a"]))
def test_a_value_becomes_one_of_the_kind_or_is_refused(value, like):
    try:
        became = setting_of(like).as_value(value, like)
    except (TypeError, ValueError):
        same_kind = type(value) is type(like) or (type(value) is int and type(like) is float)
        assert not same_kind or not math.isfinite(value)
    else:
        assert type(became) is type(like)
        assert became == value or (type(like) is float and became == float(value))


def test_a_number_that_no_float_can_hold_is_refused():
    with pytest.raises(ValueError, match="must be a finite number"):
        setting_of(1.5).as_value(10**400, 1.5)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ([], TypeError, "settings must be a mapping of names"),
        ({"gain": 1}, TypeError, "the setting 'gain' must be a framestore.Setting, not 1"),
        ({"pixel format": setting_of("a")}, ValueError, "without blanks and dots; not 'pixel format'"),
        ({"a.b": setting_of("a")}, ValueError, "without blanks and dots"),
        ({"_gain": setting_of(1)}, ValueError, "without blanks and dots; not '_gain'"),
        ({1: setting_of(1)}, ValueError, "without blanks and dots; not 1"),
        ({"exposure_time": setting_of(5.0, units="ms")}, ValueError, "is in 's' in every camera, not 'ms'; convert it"),
        ({"exposure_time": setting_of(5.0)}, ValueError, "say units='s'"),
        ({"frame_rate": setting_of(5.0, units="fps")}, ValueError, "is in 'Hz' in every camera"),
    ],
)
@pytest.mark.parametrize("kind", [CallableSource, lambda grab, **kwargs: SavingSource(grab, (2, 2), **kwargs)])
def test_settings_that_are_none_are_refused_when_a_source_is_made(settings, error, message, kind):
    with pytest.raises(error, match=message):
        kind(print, settings=settings)


def test_a_source_without_settings_has_none():
    class Plain:
        pass

    class Delegating:
        def __getattr__(self, name):
            return getattr(source, name)

    source = CallableSource(print)
    assert not has_settings(source)
    assert not has_settings(Plain())
    assert settings_of(Plain()) == settings_of(source) == {}
    source = CallableSource(print, settings={"gain": setting_of(1)})
    assert has_settings(source)
    assert has_settings(Delegating())
    assert list(settings_of(Delegating())) == ["gain"]


def test_an_attribute_error_of_its_own_is_not_taken_for_having_none():
    class Broken:
        @property
        def settings(self):
            return self.nodes

    assert has_settings(Broken())
    with pytest.raises(AttributeError, match="nodes"):
        settings_of(Broken())


@pytest.mark.parametrize("name", ["exposure_time", "frame_rate"])
def test_times_and_rates_are_no_whole_numbers_though_the_camera_says_one(name):
    """A library that says 1 for a second would else refuse half of one."""
    value = setting_of(1, limits=(1, 10)).read(name)
    assert (value, type(value)) == (1.0, float)
    assert type(setting_of(1, limits=(1, 10)).read("gain")) is int
    for unlike in ("1", True):
        with pytest.raises(TypeError, match=f"{name} .*must be a number"):
            setting_of(unlike).read(name)


def test_limits_and_choices_of_other_types_become_plain_ones():
    """They stand in documents."""
    limits = setting_of(2, limits=(np.uint8(1), np.float32(4))).limits
    assert json.dumps(limits) == "[1, 4.0]"
    choices = setting_of("red", choices=(Word.RED, np.str_("blue"))).choices
    assert choices == ("red", "blue")
    assert {type(choice) for choice in choices} == {str}
