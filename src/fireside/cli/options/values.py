"""Types of the options' values."""

import math
from pathlib import Path

import click

from fireside.system import DAY_SECONDS

FILE = click.Path(path_type=Path)


def count(text: str) -> int:
    """Return a whole number above 0."""
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise click.BadParameter(f"must be a whole number above 0, not {text!r}")
    return int(text)


def amount(text: str) -> float:
    """Return a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise click.BadParameter(f"must be a number above 0, not {text!r}")
    return number


def time_span(text: str) -> float:
    """Return `90s`, `15m`, `2h` or `3d` in seconds."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": DAY_SECONDS}
    number, unit = text[:-1], units.get(text[-1:])
    if unit is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise click.BadParameter(f"write 90s, 15m, 2h or 3d, not {text!r}")
    return float(int(number) * unit)
