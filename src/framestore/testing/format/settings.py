"""The settings of a format, as values."""

import dataclasses
import json
import pickle
from typing import Any, ClassVar

import pytest

from framestore.formats import Format, chosen

from .subject import FormatSubject

_NONSENSE: tuple[dict[str, Any], ...] = (
    *({"durable": value} for value in ("never", "", None, True)),
    *({"mode": value} for value in (-1, 0o10000, "rw", "0o640", 6.4, True)),
    *({"group": value} for value in ("no such group on this computer", -5, 1.5, True)),
    *({name: value} for name in ("rotate_frames", "rotate_bytes") for value in (0, -1, 1.5, "many", True)),
)
"""Of the settings that every format has."""


class FormatSettingTests(FormatSubject):
    """A format is a value that is checked when it is made, and does not change."""

    nonsense: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Settings of its own that it refuses, such as ``{"quality": 101}``."""

    def test_they_are_taken_for_a_format(self, settings: Format) -> None:
        """By a camera."""
        assert chosen(settings) is settings, f"a camera takes {chosen(settings)!r} instead"

    def test_equal_settings_are_equal(self, settings: Format) -> None:
        """They count once in a set; others differ."""
        same, other = self.changed(settings), self.changed(settings, rotate_frames=1234)
        assert (same == settings, hash(same) == hash(settings)) == (True, True), f"{same!r} is not {settings!r}"
        assert other != settings, f"{other!r} is equal to {settings!r}"

    def test_they_can_be_pickled(self, settings: Format) -> None:
        """As a camera's arguments are, for another process."""
        for value in (settings, self.changed(settings, mode=0o640)):
            assert pickle.loads(pickle.dumps(value)) == value, f"{value!r} is another one when it was pickled"  # noqa: S301 - own

    def test_they_cannot_be_changed(self, settings: Format) -> None:
        """Cameras share them."""
        given: Any = settings
        with pytest.raises((AttributeError, TypeError)):
            given.rotate_frames = 5

    def test_their_repr_says_what_they_are(self, settings: Format) -> None:
        """It stands in messages."""
        said = repr(self.changed(settings, rotate_frames=1234))
        for part in (type(settings).__name__, "rotate_frames=1234"):
            assert part in said, f"{said} does not say {part}"

    def test_nonsense_is_refused(self, settings: Format) -> None:
        """When they are made, with an error that names the setting."""
        for changes in (*_NONSENSE, *self.nonsense):
            name = next(iter(changes))
            refusal = self._refusal(settings, changes)
            assert refusal is not None, f"{changes} was taken"
            assert name in refusal, f"{changes} was refused by {refusal!r}, which does not name it"

    def test_only_keywords_are_taken(self, settings: Format) -> None:
        """So that settings can be added; a name that is none is refused."""
        kind: Any = type(settings)
        for arguments, keywords in ((("readable",), {}), ((), {"no_such_setting": 1})):
            with pytest.raises(TypeError):
                kind(*arguments, **{**_required(settings), **keywords})

    def test_the_layout_can_stand_in_documents(self, settings: Format) -> None:
        """Names that are not empty, a suffix, and parameters that are JSON."""
        layout = settings.layout
        for name in ("name", "spec", "mimetype"):
            value = getattr(layout, name)
            assert isinstance(value, str), f"{name} of the layout is {value!r}"
            assert value, f"{name} of the layout is empty"
        assert "/" in layout.mimetype, f"{layout.mimetype!r} is no mimetype"
        assert layout.suffix.startswith("."), f"{layout.suffix!r} is no suffix: it has no dot"
        assert layout.file_name("scan").endswith(layout.suffix), f"{layout.file_name('scan')} has another suffix"
        for frames in (1, 3):
            parameters = layout.parameters("scan", frames, (6, 9))
            json.dumps([layout.resource_kwargs("scan", frames), parameters])
            assert parameters["chunk_shape"][-2:] == [6, 9], f"chunk_shape is {parameters['chunk_shape']}"

    def test_it_says_what_is_lost(self, settings: Format) -> None:
        """``lossy`` goes into the data key."""
        assert settings.lossy is bool(self.loss), f"lossy is {settings.lossy!r}, and the suite says loss = {self.loss}"

    def _refusal(self, settings: Format, changes: dict[str, Any]) -> str | None:
        try:
            self.changed(settings, **changes)
        except (ValueError, TypeError) as error:
            return str(error)
        return None


def _required(settings: Any) -> dict[str, Any]:
    """Settings without which none can be made."""
    missing = dataclasses.MISSING
    fields = dataclasses.fields(settings)
    return {
        one.name: getattr(settings, one.name)
        for one in fields
        if one.default is missing and one.default_factory is missing
    }
