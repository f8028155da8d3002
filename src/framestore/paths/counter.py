"""A number that is counted up, in so many digits."""

import operator
from typing import SupportsIndex

from .names import LONGEST_NAME


class Counter:
    """The next number of a name.

    Parameters
    ----------
    max_digits
        Digits that each number is written in, from 1 on.
    starting_value
        The first number, from 0 on.
    increment
        What is added each time, from 1 on.

    Raises
    ------
    ValueError
        When one of them is no such number.
    """

    def __init__(self, max_digits: int, starting_value: int, increment: int) -> None:
        self._digits = as_count("max_digits", max_digits, 1, LONGEST_NAME)
        self.value = as_count("starting_value", starting_value, 0)
        """The next number."""
        self._increment = as_count("increment", increment, 1)

    def advance(self) -> None:
        """Go on to the number after this one."""
        self.value += self._increment

    def __str__(self) -> str:
        """The number, with zeros before it; ValueError when it has too many digits."""
        text = f"{self.value:0{self._digits}d}"
        if len(text) > self._digits:
            msg = (
                f"the number {self.value} of the next name has more than max_digits={self._digits} digits; allow more, "
                "or begin a new folder or base name with starting_value=0"
            )
            raise ValueError(msg)
        return text


def prefix(base: str, delimiter: str) -> str:
    """What stands before the number: no delimiter where there is nothing to delimit."""
    return f"{base}{delimiter}" if base else ""


def as_count(name: str, value: object, least: int, most: int | None = None) -> int:
    """A whole number within limits, also one of numpy's, as a plain int; ValueError when it is none."""
    number = operator.index(value) if isinstance(value, SupportsIndex) else None
    if number is None or number < least or (most is not None and number > most):
        limit = f"from {least} on" if most is None else f"from {least} to {most}"
        msg = f"{name} must be a whole number {limit}, not {value!r}"
        raise ValueError(msg)
    return number
