"""Settings of a source, as fronts show them."""

from typing import Any

from framestore.acquisition import Known
from framestore.setting import Value

_KINDS = {bool: ("boolean", "|b1"), int: ("integer", "<i8"), float: ("number", "<f8"), str: ("string", "")}
"""Kind of value -> ``dtype`` and ``dtype_numpy`` of its data key; strings may be of any length."""


def setting_data_key(known: Known, source: str) -> dict[str, Any]:
    """The data key of a setting, with units, limits and choices."""
    setting, (dtype, dtype_numpy) = known.setting, _KINDS[type(known.value)]
    data_key: dict[str, Any] = {"source": source, "dtype": dtype, "shape": []}
    if dtype_numpy:
        data_key["dtype_numpy"] = dtype_numpy
    if setting.units:
        data_key["units"] = setting.units
    if setting.limits is not None:
        low, high = (float(limit) if abs(limit) < float("inf") else None for limit in setting.limits)
        data_key["limits"] = {"control": {"low": low, "high": high}}
    if setting.choices is not None:
        data_key["choices"] = list(setting.choices)
    return data_key


def as_setting(known: Known, value: Any, name: str) -> Value:
    """A value that is to be set, of the kind of the setting.

    Raises
    ------
    ValueError
        When limits or choices do not allow it, or it is no finite number; it names ``name``.
    TypeError
        When it is of another kind, such as a string for a number.
    """
    setting = known.setting
    try:
        plain = setting.as_value(value, known.value)
    except (TypeError, ValueError) as error:
        error.args = (f"{name} {error}",)
        raise
    if not setting.allows(plain):
        msg = f"{name} must be {setting.allowed}, not {plain!r}"
        raise ValueError(msg)
    return plain
