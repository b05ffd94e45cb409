"""Plot what AWS charges over the number of users, for docs/explanation/bill.md: `make bill`.

Reads the JSON of `fireside cost --json` from standard input. Needs requirements/docs.txt.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "fireside"  # the same input gives the same file
mpl.rcParams["svg.fonttype"] = "none"  # text stays text

from matplotlib import pyplot as plt  # noqa: E402 - after the choice of a backend
from matplotlib.ticker import FuncFormatter  # noqa: E402

LINES = {"ours": ("Fireside", "-"), "naive": ("the usual design", "--")}


def main() -> None:
    """Write the plot to the path that is the only argument."""
    bill = json.load(sys.stdin)
    people = [point["people"] for point in bill["points"]]
    figure, axes = plt.subplots(figsize=(7.2, 4))
    for design, (label, style) in LINES.items():
        axes.loglog(people, [point[design] for point in bill["points"]], style, label=label)
    axes.axhline(bill["serverDollars"], linestyle=":", color="C2", label="a small server")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${value:,g}"))
    axes.set(xlabel="people", ylabel="dollars a month", title=f"{bill['region']}, {bill['asOf']}")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(Path(sys.argv[1]), metadata={"Date": None, "Creator": None}, bbox_inches="tight")


if __name__ == "__main__":
    main()
