"""What begins the exposures of a source."""

from framestore.setting import TRIGGER_MODES, has_settings, settings_of


def trigger_mode(source: object) -> str:
    """How the source is triggered now, one of `TRIGGER_MODES`: ``"internal"`` where it offers nothing else.

    The camera may be asked: called on the thread that has it.

    Raises
    ------
    ValueError
        When it is no mode that there is.
    Exception
        Whatever the source raised, or is wrong with its settings.
    """
    setting = settings_of(source).get("trigger_mode") if has_settings(source) else None
    mode = "internal" if setting is None else setting.read("trigger_mode")
    if mode not in TRIGGER_MODES:
        msg = f"trigger_mode of {source!r} must be one of {', '.join(TRIGGER_MODES)}, not {mode!r}"
        raise ValueError(msg)
    return str(mode)
