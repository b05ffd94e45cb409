"""The table of ASVS 5.0: complete, each requirement once, and what shows it is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explanation/security.md").read_text("utf-8")
VERDICTS = ("met", "partly", "not met", "does not apply")

LAST = {
    "V1": (2, 9, 11, 3, 2),
    "V2": (3, 3, 4, 1),
    "V3": (0, 2, 4, 6, 5, 0, 2),
    "V4": (3, 1, 2, 4),
    "V5": (1, 3, 2, 3),
    "V6": (3, 12, 4, 4, 5, 3, 0, 4),
    "V7": (3, 4, 2, 5, 2, 2),
    "V8": (2, 3, 1, 1),
    "V9": (3, 4),
    "V10": (2, 2, 4, 11, 5, 2, 3),
    "V11": (2, 3, 3, 4, 1, 1),
    "V12": (3, 2, 4),
    "V13": (1, 5, 2, 5),
    "V14": (2, 4, 3),
    "V15": (3, 3, 7),
    "V16": (1, 5, 4, 3, 3),
    "V17": (1, 4, 2),
}
"""The last requirement of levels 1 and 2 in each section; those of level 3 come after it."""

IDS = [
    f"{chapter}.{section}.{number}"
    for chapter, sections in LAST.items()
    for section, last in enumerate(sections, 1)
    for number in range(1, last + 1)
]


def rows():
    """Return the cells of each row of the table."""
    table = PAGE[PAGE.index("## ASVS 5.0") :]
    lines = [line for line in table.splitlines() if re.match(r"\| \**V\d", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def named(cell):
    """Return the requirements of a cell: one, or all from the first to the last."""
    first, _, last = cell.strip("*").partition("–")
    begin = IDS.index(first)
    return IDS[begin : IDS.index(last or first) + 1]


def test_there_are_as_many_as_in_the_standard():
    assert len(IDS) == 253


def test_every_requirement_of_levels_1_and_2_is_there_once_and_in_order():
    assert [one for cells in rows() for one in named(cells[0])] == IDS


def test_each_has_a_verdict_and_a_reason():
    for cells in rows():
        assert cells[2] in VERDICTS, cells
        assert cells[3], cells


def test_the_sums_are_those_of_the_table():
    found = Counter(cells[2] for cells in rows() for _ in named(cells[0]))
    met, partly, missing, others = (found[verdict] for verdict in VERDICTS)

    assert f"{met} are met, {partly} partly, {missing} are not, {others} do not apply." in PAGE


FILES = sorted(
    {name for cells in rows() for name in re.findall(r"`([\w./-]+/[\w./-]+\.\w+)`", cells[4])}
)


@pytest.mark.parametrize("name", FILES)
def test_what_shows_it_is_there(name):
    assert (ROOT / name).is_file()
