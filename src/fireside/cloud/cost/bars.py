"""Two bills by number of people, as a text bar chart."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """Dollars a month for this many people: Fireside (`ours`), and the usual design (`naive`)."""

    people: int
    ours: float
    naive: float


def chart(points: Sequence[Point], width: int = 28) -> str:
    """Return the bars on a logarithmic scale, each at most `width` characters long."""
    low, high = _decades(points)
    rows = [f"{'people':>8}  {'Fireside':<{width + 11}}the usual design"]
    for point in points:
        ours, naive = (
            f"${dollars:>9,.2f} {_bar(_position(dollars, low, high) * width):<{width}}"
            for dollars in (point.ours, point.naive)
        )
        rows.append(f"{point.people:>8,}  {ours}{naive}".rstrip())
    return "\n".join(rows)


_EIGHTHS = " ▏▎▍▌▋▊▉"


def _bar(length: float) -> str:
    """Return a bar of `length` characters, rounded to an eighth of one."""
    full, eighths = divmod(round(length * 8), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip()


def _decades(points: Sequence[Point]) -> tuple[int, int]:
    """Return the powers of ten around all amounts; less than a cent is drawn as a cent."""
    values = [max(0.01, dollars) for point in points for dollars in (point.ours, point.naive)]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _position(dollars: float, low: int, high: int) -> float:
    """Return where an amount lies between the two powers of ten, from 0 to 1."""
    return (math.log10(max(0.01, dollars)) - low) / (high - low)
