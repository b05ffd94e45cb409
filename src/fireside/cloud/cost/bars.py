"""Draw two bills over the number of people as bars in a terminal."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """What so many people cost a month, in dollars: our design, and the usual one."""

    people: int
    ours: float
    naive: float


def text(points: Sequence[Point], width: int = 28) -> str:
    """Draw bars on a scale on which ten times as much is one step further."""
    low, high = _decades(points)
    rows = [f"{'people':>8}  {'Fireside':<{width + 11}}the usual design"]
    for point in points:
        ours, naive = (
            f"${dollars:>9,.2f} {_bar(_place(dollars, low, high) * width):<{width}}"
            for dollars in (point.ours, point.naive)
        )
        rows.append(f"{point.people:>8,}  {ours}{naive}".rstrip())
    return "\n".join(rows)


_EIGHTHS = " ▏▎▍▌▋▊▉"


def _bar(length: float) -> str:
    """Draw a bar to the eighth of a character."""
    full, eighths = divmod(round(length * 8), 8)
    return ("█" * full + _EIGHTHS[eighths]).rstrip()


def _decades(points: Sequence[Point]) -> tuple[int, int]:
    """Find the powers of ten around all dollars; less than a cent is drawn as a cent."""
    values = [max(0.01, dollars) for point in points for dollars in (point.ours, point.naive)]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _place(dollars: float, low: int, high: int) -> float:
    """Say how far between the two powers of ten an amount lies, from 0 to 1."""
    return (math.log10(max(0.01, dollars)) - low) / (high - low)
