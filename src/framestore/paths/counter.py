"""A number that is counted up, in so many digits."""

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
        _check_number("max_digits", max_digits, 1, LONGEST_NAME)
        _check_number("starting_value", starting_value, 0)
        _check_number("increment", increment, 1)
        self.value = starting_value
        """The next number."""
        self._digits = max_digits
        self._increment = increment

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


def _check_number(name: str, value: object, least: int, most: int | None = None) -> None:
    if not isinstance(value, int) or value < least or (most is not None and value > most):
        limit = f"from {least} on" if most is None else f"from {least} to {most}"
        msg = f"{name} must be a whole number {limit}, not {value!r}"
        raise ValueError(msg)
