"""What is done in the run of another plan."""

from collections.abc import Generator
from typing import Any, cast

from bluesky import plan_stubs as bps
from bluesky.preprocessors import plan_mutator, set_run_key_wrapper
from bluesky.utils import Msg, make_decorator

from .putting_back import Plan, PlanFunction, check_plan_functions


def in_run_wrapper(plan: Plan, *, before: PlanFunction | None = None, after: PlanFunction | None = None) -> Plan:
    """Do something in each run of a plan: as soon as it is opened, and before it is closed.

    Plans of bluesky stage their detectors before they open the run, so that they can be triggered then.

    Parameters
    ----------
    plan
        A plan that opens runs.
    before, after
        Functions without arguments that make plans, such as ``partial(dark_flat, [camera], darks=5, …)``; None:
        nothing. ``after`` is left out in a run that has failed, or was stopped.

    Yields
    ------
    Msg
        Those of all.

    Raises
    ------
    TypeError
        When a plan is given where a function is wanted.

    Examples
    --------
    ``RE(in_run_wrapper(bp.scan([camera], rotation, 0, 180, 181), before=darks_and_flats))``
    """
    check_plan_functions(before=before or bps.null, after=after or bps.null)

    def insert(msg: Msg) -> tuple[Plan | None, Plan | None]:
        if msg.command == "open_run" and before is not None:
            return None, _with_run(before(), msg.run)
        if msg.command == "close_run" and after is not None and msg.kwargs.get("exit_status") is None:
            return _first(after(), msg), None
        return None, None

    return (yield from plan_mutator(plan, cast("Any", insert)))  # its types say that plans need no return value


in_run_decorator = make_decorator(in_run_wrapper)
"""As `in_run_wrapper`, for a function that makes a plan."""


def _first(before: Plan, msg: Msg) -> Plan:
    yield from _with_run(before, msg.run)
    return (yield msg)


def _with_run(plan: Plan, run: Any) -> Generator[Msg, Any, Any]:
    return plan if run is None else set_run_key_wrapper(plan, run)
