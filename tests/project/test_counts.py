"""Numbers in the documents that a change could make wrong are counted here."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def dependencies():
    return len(tomllib.loads(read("pyproject.toml"))["project"]["dependencies"])


def functions_on_aws():
    return len(re.findall(r'source\s+= "./modules/function"', read("infra/main.tf")))


def handlers_of_the_chat():
    program = read("examples/chat_in_60_lines/handlers.py")
    return len(re.findall(r"^def \w+\(event", program, re.MULTILINE))


def statements(path):
    """Count the lines of code of a program as a reader would: no blank lines, no docstrings."""
    tree = ast.parse(read(path))
    strings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = read(path).splitlines()
    return sum(1 for n, line in enumerate(lines, 1) if line.strip() and n not in strings)


def read(path):
    return (ROOT / path).read_text("utf-8")


FACTS = [
    ("CONTRIBUTING.md", r"Running Fireside needs (\w+) packages", dependencies),
    ("docs/reference/infra.md", r"errors of each of the (\w+) functions", functions_on_aws),
    (
        "docs/tutorial/your-own-handlers.md",
        r"\[(\w+) examples\]",
        lambda: len(list(ROOT.glob("examples/*/api.json"))),
    ),
    (
        "examples/chat_in_60_lines/README.md",
        r"^(\w+) functions and boto3",
        handlers_of_the_chat,
    ),
]


@pytest.mark.parametrize(("page", "pattern", "count"), FACTS, ids=[fact[0] for fact in FACTS])
def test_a_number_in_a_document_is_the_number_there_is(page, pattern, count):
    [told] = re.findall(pattern, read(page), re.MULTILINE)

    assert told.lower() == WORDS[count()]


@pytest.mark.parametrize(
    ("program", "most"),
    [("examples/plain_client.py", 30), ("examples/chat_in_60_lines/handlers.py", 60)],
)
def test_a_program_is_as_short_as_its_page_promises(program, most):
    assert statements(program) <= most
