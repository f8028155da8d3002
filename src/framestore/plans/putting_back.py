"""What is put back after a plan, whatever happens."""

from collections.abc import Callable, Generator
from typing import Any

from bluesky import preprocessors as bpp
from bluesky.utils import Msg

Plan = Generator[Msg, Any, Any]
PlanFunction = Callable[[], Plan]
"""A function without arguments that makes a plan, such as ``partial(bps.mv, shutter, "closed")``."""


def check_plan_functions(**functions: Any) -> None:
    """Refuse a plan where a function that makes one is wanted; TypeError names it."""
    for name, function in functions.items():
        if not callable(function):
            msg = (
                f"{name} must be a function that makes a plan, such as partial(bps.mv, motor, 1), not {function!r:.70}"
            )
            raise TypeError(msg)


def put_back_wrapper(plan: Plan, put_back: PlanFunction, *, attempts: int) -> Plan:
    """Put back what a plan has changed: when it has ended, failed, or was stopped or aborted.

    bluesky's ``finalize_wrapper`` does it once. But a user may stop the RunEngine in the middle of it; and the failure
    of another device, which comes a little later than the one that has ended the plan, is told in the middle of it.

    Parameters
    ----------
    plan
        It changes something.
    put_back
        Makes the plan that puts it back.
    attempts
        How often, at most; one more than there are devices that may fail meanwhile.

    Yields
    ------
    Msg
        Those of both.

    Raises
    ------
    Exception
        That of the plan; or the one that interrupted what is put back, when that is done; or else why it cannot be.
    """

    def persistently() -> Plan:
        errors: list[Exception] = []
        while len(errors) < attempts:
            try:
                yield from put_back()
            except Exception as error:  # noqa: BLE001 - raised below
                errors.append(error)
            else:
                break
        else:
            errors[-1].add_note(f"The plan could not put back what it had changed; it tried {attempts} times.")
            raise errors[-1]
        if errors:
            raise errors[0]

    return (yield from bpp.finalize_wrapper(plan, persistently))
