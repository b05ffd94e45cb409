"""Words that make a reader stop stay out of the code, the infrastructure and the documents.

Many readers have English as a second language: write *calculate*, *repair*, *a client that* …
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AVOIDED = re.compile(r"\b(reckon\w*|mend(?:s|ed|ing)?|whoever|whom)\b", re.IGNORECASE)
PLACES = ("src", "web/src", "infra", "docs", "README.md", "CONTRIBUTING.md", "SECURITY.md")
TEXTS = {".css", ".hcl", ".html", ".json", ".md", ".py", ".svg", ".tf", ".toml", ".ts", ".tsx"}
BUILT = ("src/fireside/web/", "node_modules/", ".terraform/")  # by programs, not written by people
OLD_DECISION = re.compile(r"docs/decisions/000[1-8]-")  # a decision stays as it was taken


def is_checked(path):
    name = path.relative_to(ROOT).as_posix()
    return (
        path.suffix in TEXTS
        and ".test." not in name
        and not any(folder in name for folder in BUILT)
        and not OLD_DECISION.match(name)
    )


def texts(place):
    """Return the files of a folder that people wrote, or the one file."""
    root = ROOT / place
    return [path for path in ([root] if root.is_file() else root.rglob("*")) if is_checked(path)]


@pytest.mark.parametrize("place", PLACES)
def test_plain_words_are_used(place):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in texts(place)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for word in AVOIDED.findall(line)
    ]

    assert texts(place)
    assert not found


@pytest.mark.parametrize("word", ["reckoned", "mend", "Mends", "whoever", "Whom"])
def test_a_word_to_avoid_is_found(word):
    assert AVOIDED.findall(f"It is {word}.") == [word]


def test_a_longer_word_is_not():
    assert not AVOIDED.findall("We recommend and amend it.")
