"""The tables of options in the documents are made from the commands, so they can't be stale."""

import importlib.util
from pathlib import Path

import pytest

from fireside.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location(
        "generate_reference", ROOT / "tools/generate_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_the_tables_are_not_stale(generator, name):
    text = (ROOT / "docs/reference" / name).read_text("utf-8")

    assert text == generator.with_tables(text), "run `make reference`"


def test_every_command_has_a_section_and_a_table():
    text = (ROOT / "docs/reference/cli.md").read_text("utf-8")

    for name in COMMANDS:
        assert f"\n## `fireside {name}" in text
        assert f"\n<!-- options of {name} -->\n" in text


def test_an_option_has_its_value_its_meaning_and_whether_it_is_required(generator):
    text = generator.with_tables("<!-- options of cost -->\n\n<!-- end -->")

    assert "\n| `--users N` | number of users; required |\n" in text
    assert "| `--free-tier`, `--no-free-tier` | " in text


def test_a_command_has_rows_for_the_settings_that_it_takes_as_flags(generator):
    text = generator.with_tables("<!-- options of doctor -->\n\n<!-- end -->")

    assert "\n| `--port PORT` | " in text
    assert "--open" not in text
