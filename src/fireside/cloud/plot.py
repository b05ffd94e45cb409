"""Two bills over the number of people, as text for a terminal and as a small SVG."""

import math
from collections.abc import Sequence
from html import escape
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


# --- SVG ---

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 150, 24, 48

_STYLE = """\
  :root { --ink: #24292f; --line: #d0d7de; --ours: #b3541e; --naive: #57606a; --server: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --line: #30363d; --ours: #f0883e; --naive: #9198a1; --server: #3fb950 }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink) }
  .grid { stroke: var(--line) }
  polyline { fill: none; stroke-width: 2.5 }
  .ours { stroke: var(--ours) } .naive { stroke: var(--naive); stroke-dasharray: 7 4 }
  .server { stroke: var(--server); stroke-dasharray: 2 4 }
"""


def svg(points: Sequence[Point], title: str, server_dollars: float) -> str:
    """Draw both curves and what a small server costs; readable on light and on dark."""
    low, high = _decades(points)
    first, last = math.log10(points[0].people), math.log10(points[-1].people)

    def x(people: float) -> float:
        share = (math.log10(people) - first) / (last - first)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(dollars: float) -> float:
        return round(_HEIGHT - _BOTTOM - _place(dollars, low, high) * (_HEIGHT - _TOP - _BOTTOM), 1)

    ours = [(x(point.people), y(point.ours)) for point in points]
    naive = [(x(point.people), y(point.naive)) for point in points]
    server = [(x(point.people), y(server_dollars)) for point in (points[0], points[-1])]
    parts = [
        (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{escape(title)}">'),
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        *(_dollar_line(exponent, y(10.0**exponent)) for exponent in range(low, high + 1)),
        *(_label(x(point.people), _HEIGHT - 26, f"{point.people:,}") for point in points),
        _label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "people"),
        *_curves({"naive": naive, "server": server, "ours": ours}),
        *_names({"ours": "Fireside", "naive": "the usual design", "server": "a small server"},
                {"ours": ours[-1][1], "naive": naive[-1][1], "server": server[-1][1]}),
        "</svg>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _dollar_line(exponent: int, y: float) -> str:
    amount = f"${10**exponent:,}" if exponent >= 0 else f"${10.0**exponent:.2f}"
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{amount}</text>'
    )


def _label(x: float, y: float, words: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle">{escape(words)}</text>'


def _curves(curves: dict[str, list[tuple[float, float]]]) -> list[str]:
    return [
        f'<polyline class="{name}" points="{" ".join(f"{x},{y}" for x, y in places)}"/>'
        for name, places in curves.items()
    ]


def _names(names: dict[str, str], heights: dict[str, float]) -> list[str]:
    """Write each name at the end of its curve, and none over another."""
    written, least = [], 0.0
    for kind in sorted(names, key=lambda kind: heights[kind]):
        y = least = max(heights[kind], least + 16)
        written.append(f'<text x="{_WIDTH - _RIGHT + 10}" y="{y + 4}">{escape(names[kind])}</text>')
    return written
