"""The table of behaviours tells the truth: every test it names exists, and no row is left out."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/gateway-rows.md").read_text("utf-8")
DONE, NOT_DONE = PAGE.split("## Not done yet")
ROW = re.compile(r"^\| (\d+) \| .+ \| `(.+?)::(.+?)` \| (?:[ABC?]/?)+ \|$", re.MULTILINE)
KNOWN_ROWS = set(range(1, 54))


def names_in(path):
    """Name the tests of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def rows_not_done():
    """Give the numbers of the list, ranges included."""
    for first, last in re.findall(r"^- (\d+)(?: to (\d+))?:", NOT_DONE, re.MULTILINE):
        yield from range(int(first), int(last or first) + 1)


def test_every_test_that_a_row_names_exists():
    rows = ROW.findall(DONE)

    assert len(rows) == len(re.findall(r"^\| \d", DONE, re.MULTILINE))
    for _, path, name in rows:
        assert name in names_in(path), f"{path}::{name}"


def test_a_row_is_either_done_or_not():
    done = [int(number) for number, _, _ in ROW.findall(DONE)]

    assert done == sorted(set(done))
    assert {*done, *rows_not_done()} == KNOWN_ROWS
    assert not {*done} & {*rows_not_done()}
