"""Streams that are declared before they are flown."""

from collections.abc import Generator
from typing import Any, cast

from bluesky import plan_stubs as bps
from bluesky.preprocessors import plan_mutator
from bluesky.protocols import WritesStreamAssets
from bluesky.utils import Msg, make_decorator

Plan = Generator[Msg, Any, Any]


def declare_streams_wrapper(plan: Plan, stream_name: str = "primary") -> Plan:
    """Declare a stream for each camera that the plan kicks off, as ``bluesky.plans.fly`` does not.

    bluesky takes StreamResource and StreamDatum of a device only for a stream that was declared in the run. (bluesky
    1.15, bundlers.py: without one, ``collect`` asks for a form of data keys that cannot have any.)

    Parameters
    ----------
    plan
        A plan that kicks off cameras; those for which it declares a stream itself are left to it.
    stream_name
        Of the first camera of each run; the streams of others bear the camera's name.

    Yields
    ------
    Msg
        Those of the plan, with a ``declare_stream`` before a ``kickoff``.

    Examples
    --------
    ``RE(declare_streams_wrapper(bp.fly([camera])))``, of a camera that is staged and prepared.
    """
    declared: dict[Any, set[Any]] = {}

    def declare(msg: Msg) -> tuple[Plan | None, None]:
        if msg.command == "open_run":
            declared[msg.run] = set()
        elif msg.command == "declare_stream":
            declared.setdefault(msg.run, set()).update(msg.args)
        elif msg.command == "kickoff" and isinstance(msg.obj, WritesStreamAssets):
            known = declared.setdefault(msg.run, set())
            if msg.obj not in known:
                name = getattr(msg.obj, "name", stream_name) if known else stream_name
                known.add(msg.obj)
                return _first(bps.declare_stream(cast("Any", msg.obj), name=name, collect=True), msg), None
        return None, None

    return (yield from plan_mutator(plan, cast("Any", declare)))  # its types say that plans need no return value


def _first(before: Plan, msg: Msg) -> Plan:
    yield from (one._replace(run=msg.run) for one in before)
    return (yield msg)


declare_streams_decorator = make_decorator(declare_streams_wrapper)
"""As `declare_streams_wrapper`, for a function that makes a plan."""
